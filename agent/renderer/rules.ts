import type { EndReason } from "./ends.ts";
import { MAX_RENDERS, RESTART_MAX_MS, RESTART_MIN_MS, RESTING_BYTES } from "./limits.ts";

/**
 * Whether a request that lost its process is tried once more. Ended from outside it is innocent. Out of memory or crashed
 * in a process that served others before, it may suffer for what they left: alone in a fresh one there is no doubt.
 */
export function mayReplay(
  reason: EndReason,
  { answered, replayed }: { answered: number; replayed: boolean },
) {
  if (replayed) return false;
  if (reason === "killed") return true;
  return (reason === "out-of-memory" || reason === "crashed") && answered > 0;
}

/** What others left in a process never takes more than half of what the next may have. */
export const isToBeReplaced = (answered: number, residentBytes: number, memoryBytes: number): boolean =>
  answered >= MAX_RENDERS || residentBytes > memoryBytes / 2;

/** One small process waits for work; more, or a large one, end. `rank`: 0 is the one used last. */
export const isToRest = (rank: number, residentBytes: number): boolean =>
  rank > 0 || residentBytes > RESTING_BYTES;

/** Before the next start, after so many that ended before they answered. */
export const restartPauseMs = (failures: number): number =>
  Math.min(RESTART_MAX_MS, RESTART_MIN_MS * 2 ** Math.min(failures, 20));
