import type { Clock } from "../kube/clock.ts";
import type { Metrics } from "../metrics.ts";
import type { Recalled } from "./recall.ts";
import { type Fetched, SourceError } from "./types.ts";

const BUCKETS = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** Counts and times what it runs, by type; answers what was fetched. */
export function sourceMetrics(metrics: Metrics, clock: Clock) {
  const fetches = metrics.counter(
    "kubenova_source_fetches_total",
    "Sources asked for, by type and result: fetched, unchanged, cached, stale, or the kind of error",
  );
  const hits = metrics.counter("kubenova_source_cache_hits_total", "Answered by the cache, fresh or stale");
  const seconds = metrics.histogram("kubenova_source_fetch_seconds", "Until the answer", BUCKETS);
  return async (type: string, work: () => Promise<Recalled>): Promise<Fetched> => {
    const began = clock.monotonic();
    let result = "aborted";
    try {
      const { fetched, outcome } = await work();
      result = outcome;
      if (outcome === "cached" || outcome === "stale") hits.inc({ type });
      return fetched;
    } catch (error) {
      if (error instanceof SourceError) result = error.kind;
      throw error;
    } finally {
      fetches.inc({ type, result });
      seconds.observe((clock.monotonic() - began) / 1_000, { type });
    }
  };
}

/** Counts what travels, by type. */
export function bytesOf(metrics: Metrics, type: string): (count: number) => void {
  const bytes = metrics.counter("kubenova_source_bytes_total", "Bytes of content that came over the network");
  return (count) => bytes.inc({ type }, count);
}
