import type { Clock } from "../kube/index.ts";
import { isNewer } from "./model.ts";

/** No answer to a request is later than this. */
const REMEMBERED_MS = 120_000;

/**
 * Which objects a watch has seen the end of, and at which version. The answer to a write may come in after the end of
 * what it wrote: it tells of something that is not there any more, and no event would ever correct it.
 */
export interface Ended {
  note(key: string, resourceVersion: string): void;
  /** What has this version was there before the end that was seen. */
  isPast(key: string, resourceVersion: string): boolean;
}

export function createEnded(clock: Pick<Clock, "monotonic">): Ended {
  /** Oldest first. */
  const ends = new Map<string, { resourceVersion: string; at: number }>();
  return {
    note(key, resourceVersion) {
      const at = clock.monotonic();
      for (const [old, end] of ends) {
        if (at - end.at < REMEMBERED_MS) break;
        ends.delete(old);
      }
      ends.delete(key);
      ends.set(key, { resourceVersion, at });
    },
    isPast(key, resourceVersion) {
      const end = ends.get(key);
      if (!end || clock.monotonic() - end.at >= REMEMBERED_MS) return false;
      return isNewer(end.resourceVersion, resourceVersion);
    },
  };
}
