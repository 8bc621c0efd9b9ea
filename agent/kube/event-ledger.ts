import { eventObject, objectOf, seriesKey } from "./event-object.ts";
import type { EventInput, EventRecorderOptions } from "./event-types.ts";
import { microTime } from "./lease.ts";
import type { KubeObject } from "./objects.ts";

/** A repetition within this joins the series of the first; as client-go. */
export const SERIES_MS = 6 * 60_000;
/** A series' count is written this often at most. */
const SERIES_WRITE_MS = 30_000;
/** Distinct events of one object: this many at once, then one each five minutes; as client-go's spam filter. */
const BURST = 25;
const REFILL_MS = 5 * 60_000;
/** Least recently used beyond this are forgotten: at worst an event is written anew. */
const TRACKED_MAX = 4_096;
export type Verdict = { do: "create"; event: KubeObject } | { do: "count" } | { do: "drop" };

interface Series {
  event: KubeObject;
  count: number;
  firstAt: number;
  lastAt: number;
  writtenAt: number;
  writtenCount: number;
}

/**
 * Decides what an event becomes: a new object, one more of a series, or nothing since its object has used up its
 * budget. Times come in as arguments: `now` monotonic, `wall` since the epoch, both in milliseconds.
 */
export interface EventLedger {
  judge(input: EventInput, now: number, wall: number): Verdict;
  /** Series whose count should be written now; `all` regardless of when they were written last. */
  due(
    now: number,
    wall: number,
    all?: boolean,
  ): { event: KubeObject; series: { count: number; lastObservedTime: string } }[];
  /** The event object is gone (the server keeps them for an hour): its next repetition makes a new one. */
  forget(event: KubeObject): void;
}

export function createEventLedger(options: EventRecorderOptions): EventLedger {
  const series = new Map<string, Series>();
  const budgets = new Map<string, { tokens: number; at: number }>();

  const spend = (object: string, now: number): boolean => {
    const held = budgets.get(object) ?? { tokens: BURST, at: now };
    const tokens = Math.min(BURST, held.tokens + (now - held.at) / REFILL_MS);
    const allowed = tokens >= 1;
    remember(budgets, object, { tokens: allowed ? tokens - 1 : tokens, at: now });
    return allowed;
  };

  return {
    judge(input, now, wall) {
      const key = seriesKey(input);
      const known = series.get(key);
      if (known && now - known.lastAt < SERIES_MS) {
        remember(series, key, { ...known, count: known.count + 1, lastAt: now });
        return { do: "count" };
      }
      if (!spend(objectOf(input.regarding), now)) return { do: "drop" };
      const event = eventObject(input, options, wall, key);
      remember(series, key, { event, count: 1, firstAt: now, lastAt: now, writtenAt: now, writtenCount: 1 });
      return { do: "create", event };
    },
    due(now, wall, all = false) {
      const found = [];
      for (const [key, one] of series) {
        if (one.count > one.writtenCount && (all || now - one.writtenAt >= SERIES_WRITE_MS)) {
          series.set(key, { ...one, writtenAt: now, writtenCount: one.count });
          const lastObservedTime = microTime(wall - (now - one.lastAt));
          found.push({ event: one.event, series: { count: one.count, lastObservedTime } });
        } else if (now - one.lastAt >= SERIES_MS) {
          series.delete(key);
        }
      }
      return found;
    },
    forget(event) {
      for (const [key, one] of series) if (one.event === event) series.delete(key);
    },
  };
}

/** Sets as the most recently used, and forgets the least recently used beyond the limit. */
function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key);
  map.set(key, value);
  for (const oldest of map.keys()) {
    if (map.size <= TRACKED_MAX) break;
    map.delete(oldest);
  }
}
