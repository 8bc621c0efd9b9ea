import type { Readable } from "node:stream";
import type { Clock } from "./clock.ts";
import { KubeError } from "./errors.ts";
import { createLineDecoder } from "./lines.ts";
import type { LiveObject, ResourceType } from "./objects.ts";
import type { Identity, Selectors } from "./options.ts";
import { collectionPath } from "./paths.ts";
import { errorOf, errorOfEvent } from "./status.ts";
import { networkError } from "./transport.ts";
import type { Kube } from "./types.ts";

/** An error's body is a Status of a few hundred bytes. */
const ERROR_BODY_MAX_BYTES = 64 * 1024;

export interface WatchEvent {
  type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK";
  object: LiveObject;
}

export interface WatchOptions extends Selectors {
  as?: Identity;
  /** Watch from here; without it the server first sends everything as ADDED (WatchList). */
  resourceVersion?: string;
  /** The server ends the watch after this. */
  timeoutSeconds: number;
  /** No byte for this long: the connection is taken for dead. Asked before each wait, so it may change. */
  idleMs: () => number;
  signal: AbortSignal;
  clock: Clock;
  /** Told of each chunk, whatever it holds. */
  onContact: () => void;
  onEvent: (event: WatchEvent) => void;
}

/**
 * One watch, until the server ends it (resolves). Rejects with the ERROR event's status, with reason `Silent` where
 * nothing came for idleMs, with `transient` where the connection broke, or with the signal's reason. An event that
 * was cut in the middle is not given out.
 */
export async function watch(kube: Kube, type: ResourceType, options: WatchOptions): Promise<void> {
  const ending = new AbortController();
  const stop = () => ending.abort(options.signal.reason);
  if (options.signal.aborted) throw options.signal.reason;
  options.signal.addEventListener("abort", stop, { once: true });
  const dog = watchdog(options, ending);
  try {
    const { status, body } = await kube.stream({
      path: collectionPath(type, options.namespace),
      query: watchQuery(options),
      headers: { Accept: "application/json" },
      signal: ending.signal,
      metric: { verb: "watch", resource: type.group ? `${type.resource}.${type.group}` : type.resource },
      ...(options.as ? { as: options.as } : {}),
    });
    if (status !== 200) throw errorOf(status, await textOf(body));
    await readEvents(body, options, dog.fed);
  } catch (error) {
    throw ending.signal.aborted ? ending.signal.reason : asKubeError(error);
  } finally {
    options.signal.removeEventListener("abort", stop);
    ending.abort(new Error("the watch has ended"));
  }
}

function watchQuery(options: WatchOptions) {
  const { resourceVersion, timeoutSeconds, labelSelector, fieldSelector } = options;
  const initial = { sendInitialEvents: true, resourceVersionMatch: "NotOlderThan" };
  const from = resourceVersion === undefined ? initial : { resourceVersion };
  return { watch: true, allowWatchBookmarks: true, timeoutSeconds, labelSelector, fieldSelector, ...from };
}

async function readEvents(body: Readable, options: WatchOptions, fed: () => void): Promise<void> {
  const decoder = createLineDecoder();
  for await (const chunk of body as AsyncIterable<Buffer>) {
    fed();
    options.onContact();
    for (const line of decoder.push(chunk)) {
      const event = parseEvent(line);
      if (event.type === "ERROR") throw errorOfEvent(event.object);
      options.onEvent(event as WatchEvent);
    }
  }
}

function parseEvent(line: string): { type: string; object: unknown } {
  let event: unknown;
  try {
    event = JSON.parse(line);
  } catch (cause) {
    throw new KubeError("a watch event is not JSON", {
      kind: "transient",
      status: 200,
      reason: "BadAnswer",
      cause,
    });
  }
  if (typeof event === "object" && event !== null && "type" in event && "object" in event) {
    return event as { type: string; object: unknown };
  }
  throw new KubeError("a watch event has no type", { kind: "transient", status: 200, reason: "BadAnswer" });
}

/** Aborts `ending` when it was not fed for idleMs. */
function watchdog({ idleMs, clock }: WatchOptions, ending: AbortController): { fed: () => void } {
  let lastFed = clock.monotonic();
  const run = async () => {
    for (;;) {
      const left = lastFed + idleMs() - clock.monotonic();
      if (left <= 0) break;
      await clock.sleep(left, ending.signal);
    }
    const init = { kind: "transient", status: 0, reason: "Silent" } as const;
    ending.abort(new KubeError("the watch's connection has gone silent", init));
  };
  // Rejects only because the watch has ended.
  run().catch(() => {});
  return {
    fed: () => {
      lastFed = clock.monotonic();
    },
  };
}

async function textOf(body: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > ERROR_BODY_MAX_BYTES) break;
  }
  return Buffer.concat(chunks).toString("utf8");
}

function asKubeError(error: unknown): unknown {
  return error instanceof KubeError ? error : networkError(error, "Network");
}
