import type { Random } from "./clock.ts";

export interface Backoff {
  baseMs: number;
  capMs: number;
}

/**
 * For watches and lists: the first retry is nearly at once (an API server that restarts is back within seconds), a
 * server that stays away sees one request every 15-30 s from each reflector.
 */
export const WATCH_BACKOFF: Backoff = { baseMs: 500, capMs: 30_000 };

/**
 * Delay before the next try after `failures` (1 or more) in a row: exponential, the upper half jittered, so that
 * clients that failed together do not come back together and none comes back at once.
 */
export function backoffMs(policy: Backoff, failures: number, random: Random): number {
  const exponent = Math.min(Math.max(failures, 1) - 1, 30);
  const full = Math.min(policy.capMs, policy.baseMs * 2 ** exponent);
  return full / 2 + (full / 2) * random();
}
