import { systemClock } from "./clock.ts";
import { isKind } from "./errors.ts";
import { createEventLedger } from "./event-ledger.ts";
import type { EventRecorder, EventRecorderOptions } from "./event-types.ts";
import { refOf } from "./names.ts";
import type { KubeObject } from "./objects.ts";
import type { Kube } from "./types.ts";

/** Events are the least important writes: what a slow server cannot take is dropped, not kept. */
const QUEUE_MAX = 1_000;
const FLUSH_MS = 10_000;
const WRITE_TIMEOUT_MS = 5_000;
const CLOSE_MS = 5_000;

/** Writes events.k8s.io/v1 Events, one request at a time, behind everything else the agent does. */
export function createEventRecorder(kube: Kube, options: EventRecorderOptions): EventRecorder {
  const { clock = systemClock, onError = () => {} } = options;
  const ledger = createEventLedger(options);
  const stats = { written: 0, aggregated: 0, dropped: 0, errors: 0 };
  const ending = new AbortController();
  const queue: (() => Promise<unknown>)[] = [];
  let draining: Promise<void> | undefined;
  let closed = false;

  const drain = async (): Promise<void> => {
    for (let write = queue.shift(); write; write = queue.shift()) {
      try {
        await write();
        stats.written += 1;
      } catch (error) {
        stats.errors += 1;
        onError(error);
      }
    }
    draining = undefined;
  };
  const enqueue = (write: () => Promise<unknown>) => {
    if (queue.length >= QUEUE_MAX) {
      stats.dropped += 1;
      return;
    }
    queue.push(write);
    draining ??= drain();
  };
  const request = { timeoutMs: WRITE_TIMEOUT_MS, signal: ending.signal };
  const create = (event: KubeObject) =>
    kube.create(event, request).catch((error: unknown) => {
      // A try that got no answer may have been stored.
      if (!isKind(error, "alreadyExists")) ledger.forget(event);
      throw error;
    });
  const writeSeries = (all: boolean) => {
    for (const { event, series } of ledger.due(clock.monotonic(), clock.now(), all)) {
      enqueue(() =>
        kube.patch(refOf(event), { series }, request).catch((error: unknown) => {
          if (isKind(error, "notFound")) ledger.forget(event);
          throw error;
        }),
      );
    }
  };
  const flushing = (async () => {
    while (!closed) {
      await clock.sleep(FLUSH_MS, ending.signal);
      writeSeries(false);
    }
  })().catch(() => {});

  return {
    record(input) {
      if (closed || kube.readOnly) {
        stats.dropped += 1;
        return;
      }
      const verdict = ledger.judge(input, clock.monotonic(), clock.now());
      if (verdict.do === "create") enqueue(() => create(verdict.event));
      else if (verdict.do === "count") stats.aggregated += 1;
      else stats.dropped += 1;
    },
    stats: () => ({ ...stats }),
    async close() {
      if (closed) return;
      closed = true;
      writeSeries(true);
      const patience = new AbortController();
      const late = clock.sleep(CLOSE_MS, patience.signal).catch(() => {});
      await Promise.race([draining ?? Promise.resolve(), late]);
      queue.length = 0;
      ending.abort(new Error("the event recorder was closed"));
      patience.abort();
      await flushing;
    },
  };
}
