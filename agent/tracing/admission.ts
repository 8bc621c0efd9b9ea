import { type Rate, RateLimit } from "../../domain/trace/rate.ts";

/** New traces, of all, and of one namespace: whoever may write a Transform there writes its annotation as well. */
const ALL_TRACES: Rate = { perSecond: 50, burst: 500 };
const NAMESPACE_TRACES: Rate = { perSecond: 5, burst: 100 };
/** Spans of one trace: two for each of some 2,000 objects. */
const MAX_SPANS = 4_096;
/** Traces that are known to be under way; the oldest goes. */
const MAX_KNOWN = 1_000;

/** Which of the traces that resources and documents bring along are gone on with. */
export interface Admission {
  /** @param namespace of what brings it */
  admits(traceId: string, namespace: string): boolean;
  /** Whether one more span of it has room; it is counted then. */
  takes(traceId: string): boolean;
}

/** @param monotonic milliseconds */
export function createAdmission(monotonic: () => number): Admission {
  const [all, each] = [new RateLimit(ALL_TRACES), new RateLimit(NAMESPACE_TRACES)];
  const spans = new Map<string, number>();
  return {
    admits(traceId, namespace) {
      if (spans.has(traceId)) return true;
      const now = monotonic();
      if (!each.take(namespace, now) || !all.take("", now)) return false;
      spans.set(traceId, 0);
      const [oldest] = spans.keys();
      if (spans.size > MAX_KNOWN && oldest !== undefined) spans.delete(oldest);
      return true;
    },
    takes(traceId) {
      const count = spans.get(traceId);
      if (count === undefined || count >= MAX_SPANS) return false;
      spans.set(traceId, count + 1);
      return true;
    },
  };
}
