import type { Readable } from "node:stream";
import type { Random } from "./clock.ts";
import { KubeError } from "./errors.ts";
import { type Answer, exchange, withDeadline } from "./exchange.ts";
import { createLimiter } from "./limiter.ts";
import type { RequestOptions } from "./options.ts";
import { queryString } from "./paths.ts";
import { assertRead } from "./read-only.ts";
import { type Headers, requestHeaders } from "./request-headers.ts";
import { warningTexts } from "./status.ts";
import { networkError, type Transport } from "./transport.ts";
import type { RequestInfo, StreamResponse } from "./types.ts";

/**
 * Up to 32 writes in flight a server's answers are not yet slower for all (platform.md: 1,000 applies take 5.8 s one by
 * one, 3.0 s by 8, 2.0 s by 32). A server that has enough says 429 and when to come again: the slot is held until then.
 */
export const WRITES_IN_FLIGHT = 32;
/** Apart from the writes, so that reads never wait behind a large apply. */
export const READS_IN_FLIGHT = 16;
const TIMEOUT_MS = 30_000;
const HEADERS_TIMEOUT_MS = 30_000;
/** A list of 10,000 ordinary objects; the agent's whole budget is a few times this. */
const MAX_RESPONSE_BYTES = 64 * 1024 * 1024;

/** One request, before identity and limits. Paths are built or checked by paths.ts. */
export interface Call {
  method: string;
  path: string;
  query?: Readonly<Record<string, string | number | boolean | undefined>>;
  headers?: Headers;
  body?: string | Uint8Array | Readable;
  verb: string;
  resource: string;
  dryRun?: boolean;
  /** False where sending it twice may do it twice. */
  repeatable: boolean;
}

/** What all clients made from one connection share. Every request of theirs passes through here. */
export interface Core {
  readonly transport: Transport;
  readonly readOnly: boolean;
  call(call: Call, options: RequestOptions): Promise<Answer>;
  stream(call: Call, options: RequestOptions & { headersTimeoutMs?: number }): Promise<StreamResponse>;
  close(): void;
}

export interface CoreOptions {
  transport: Transport;
  readOnly: boolean;
  onRequest: (info: RequestInfo) => void;
  random: Random;
}

export function createCore({ transport, readOnly, onRequest, random }: CoreOptions): Core {
  const writes = createLimiter(WRITES_IN_FLIGHT);
  const reads = createLimiter(READS_IN_FLIGHT);
  const open = new Set<Readable>();

  return {
    transport,
    readOnly,
    async call(call, options) {
      if (readOnly) assertRead(call.method, call.path);
      const headers = { ...call.headers, ...requestHeaders(options) };
      const limiter = call.method === "GET" || call.method === "HEAD" ? reads : writes;
      const release = options.urgent ? () => {} : await limiter.acquire(options.signal);
      try {
        const request = { ...call, path: call.path + queryString(call.query ?? {}), headers };
        const limits = {
          timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
          maxResponseBytes: options.maxResponseBytes ?? MAX_RESPONSE_BYTES,
          ...(options.signal ? { signal: options.signal } : {}),
        };
        const onAttempt = (attempt: Attempt) => onRequest(infoOf(call, headers, attempt));
        return await exchange(transport, { ...request, ...limits, onAttempt }, random);
      } finally {
        release();
      }
    },

    async stream(call, options) {
      if (readOnly) assertRead(call.method, call.path);
      const headers = { ...call.headers, ...requestHeaders(options) };
      const request = { ...call, path: call.path + queryString(call.query ?? {}), headers };
      const began = performance.now();
      const done = (status: number, answered: Partial<Headers>) =>
        onRequest(
          infoOf(call, headers, { status, seconds: (performance.now() - began) / 1_000, headers: answered }),
        );
      const response = await openStream(transport, request, options).catch((error: unknown) => {
        done(0, {});
        throw error;
      });
      open.add(response.body);
      response.body.once("close", () => {
        open.delete(response.body);
        done(response.status, response.headers);
      });
      return response;
    },

    close() {
      transport.close();
      for (const body of open) body.destroy(networkError(new Error("the client is closed"), "Closed"));
    },
  };
}

/** The deadline holds until the headers; afterwards only the caller's signal, or destroying the body, ends it. */
async function openStream(
  transport: Transport,
  request: Call & { headers: Headers },
  options: RequestOptions & { headersTimeoutMs?: number },
): Promise<StreamResponse> {
  const untilHeaders = withDeadline(options.headersTimeoutMs ?? HEADERS_TIMEOUT_MS, options.signal);
  try {
    let { message, credentials } = await transport.send({ ...request, signal: untilHeaders.signal });
    if (message.statusCode === 401) {
      transport.credentials.reject(credentials);
      if (!isReadable(request.body)) {
        message.destroy();
        ({ message, credentials } = await transport.send({ ...request, signal: untilHeaders.signal }));
      }
    }
    const { signal } = options;
    const end = () => message.destroy(signal?.reason instanceof Error ? signal.reason : new Error("aborted"));
    signal?.addEventListener("abort", end, { once: true });
    message.once("close", () => signal?.removeEventListener("abort", end));
    return { status: message.statusCode ?? 0, headers: message.headers, body: message };
  } finally {
    untilHeaders.dispose();
  }
}

interface Attempt {
  status: number;
  seconds: number;
  headers: Partial<Headers>;
}

function infoOf(call: Call, sent: Headers, attempt: Attempt): RequestInfo {
  const auditId = sent["Audit-ID"];
  const date = attempt.headers.date;
  return {
    method: call.method,
    verb: call.verb,
    resource: call.resource,
    status: attempt.status,
    seconds: attempt.seconds,
    dryRun: call.dryRun ?? false,
    warnings: warningTexts(attempt.headers),
    ...(typeof auditId === "string" ? { auditId } : {}),
    ...(typeof date === "string" ? { date } : {}),
  };
}

function isReadable(body: Call["body"]): body is Readable {
  return typeof body === "object" && "pipe" in body;
}

/** The answer's object; a body that is not JSON says that something else than the API server answered. */
export function parseAnswer<T>(answer: Answer): T {
  try {
    return JSON.parse(answer.body.toString("utf8")) as T;
  } catch (cause) {
    const init = { kind: "transient", status: answer.status, reason: "BadAnswer", cause } as const;
    throw new KubeError("the API server's answer is not JSON", init);
  }
}
