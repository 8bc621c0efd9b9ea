import type { IncomingMessage } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { onAbort } from "./abort.ts";
import type { Random } from "./clock.ts";
import { KubeError } from "./errors.ts";
import type { Headers } from "./request-headers.ts";
import { errorOf } from "./status.ts";
import { networkError, type Transport, type WireRequest } from "./transport.ts";

/** Where a 429 does not say how long: as client-go. */
const RETRY_AFTER_DEFAULT_SECONDS = 1;

export interface Exchange extends Omit<WireRequest, "signal"> {
  timeoutMs: number;
  maxResponseBytes: number;
  /** Safe to send again where it is unknown whether the server has seen it. */
  repeatable: boolean;
  signal?: AbortSignal;
  /** Called after each attempt; status 0 where no answer came. */
  onAttempt: (attempt: { status: number; seconds: number; headers: Partial<Headers> }) => void;
}

export interface Answer {
  status: number;
  headers: IncomingMessage["headers"];
  body: Buffer;
}

/**
 * One request until it has its final answer: waits where the server says so (429, or 503 with Retry-After: it has
 * not begun on it), signs in again once after a 401, and sends again once where a pooled connection was stale. All
 * of it within one deadline. Rejects for statuses of 400 and above.
 */
export async function exchange(transport: Transport, request: Exchange, random: Random): Promise<Answer> {
  const deadline = withDeadline(request.timeoutMs, request.signal);
  let signedInAgain = false;
  let sentAgain = false;
  try {
    for (;;) {
      try {
        return await attempt(transport, request, deadline.signal);
      } catch (error) {
        if (!(error instanceof KubeError)) throw error;
        if (error.kind === "unauthorized" && !signedInAgain) signedInAgain = true;
        else if (error.reason === "StaleConnection" && request.repeatable && !sentAgain) sentAgain = true;
        else if (isTold(error)) await waitAsTold(error, deadline, random);
        else throw error;
      }
    }
  } finally {
    deadline.dispose();
  }
}

async function attempt(transport: Transport, request: Exchange, signal: AbortSignal): Promise<Answer> {
  const began = performance.now();
  let status = 0;
  let headers: IncomingMessage["headers"] = {};
  try {
    const { message, credentials } = await transport.send({ ...request, signal });
    status = message.statusCode ?? 0;
    headers = message.headers;
    if (status === 401) transport.credentials.reject(credentials);
    const body = await readBody(message, request.maxResponseBytes, signal);
    if (status >= 300) throw errorOf(status, body.toString("utf8"), headers["retry-after"]);
    return { status, headers, body };
  } finally {
    request.onAttempt({ status, seconds: (performance.now() - began) / 1_000, headers });
  }
}

/** The whole body, or `tooLarge` before more than `max` bytes were held. */
export function readBody(message: IncomingMessage, max: number, signal: AbortSignal): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    // By its events: an iterator costs as much again as all else that is done for a small answer.
    message.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= max) return void chunks.push(chunk);
      reject(tooLarge(max));
      message.destroy();
    });
    message.once("end", () => resolve(Buffer.concat(chunks, size)));
    const broken = (cause: unknown) =>
      reject(signal.aborted ? signal.reason : networkError(cause, "Network"));
    message.once("error", broken);
    message.once("close", () => {
      if (!message.readableEnded) broken(new Error("the answer broke off"));
    });
    // It tells that once, and may have told nobody.
    if (message.destroyed) broken(new Error("the answer broke off"));
  });
}

function isTold(error: KubeError): boolean {
  return error.kind === "tooMany" || (error.status >= 500 && error.retryAfterSeconds !== undefined);
}

/** Fails with the server's own answer where the wait would outlast the deadline. */
async function waitAsTold(error: KubeError, deadline: Deadline, random: Random): Promise<void> {
  const seconds = error.retryAfterSeconds ?? RETRY_AFTER_DEFAULT_SECONDS;
  // Up to a quarter more, so that the clients told the same do not return together.
  const ms = seconds * 1_000 * (1 + random() / 4);
  if (ms >= deadline.remainingMs()) throw error;
  await delay(ms, undefined, { signal: deadline.signal }).catch(() => {
    throw deadline.signal.reason;
  });
}

export interface Deadline {
  signal: AbortSignal;
  remainingMs(): number;
  dispose(): void;
}

/**
 * A signal for one request: aborts with a `transient` KubeError at the deadline, with the caller's reason before.
 * Made by hand: AbortSignal.any would tie each request to a caller's signal that may live as long as the process.
 */
export function withDeadline(ms: number, parent?: AbortSignal): Deadline {
  const controller = new AbortController();
  const ends = performance.now() + ms;
  const expire = () =>
    controller.abort(
      new KubeError(`no answer from the API server within ${ms} ms`, {
        kind: "transient",
        status: 0,
        reason: "Timeout",
      }),
    );
  const forward = () => controller.abort(parent?.reason);
  const timer = setTimeout(expire, ms);
  if (parent?.aborted) forward();
  const off = parent ? onAbort(parent, forward) : () => {};
  return {
    signal: controller.signal,
    remainingMs: () => ends - performance.now(),
    dispose() {
      clearTimeout(timer);
      off();
    },
  };
}

function tooLarge(max: number): KubeError {
  return new KubeError(`the answer is larger than ${max} bytes`, {
    kind: "tooLarge",
    status: 0,
    reason: "TooLarge",
  });
}
