import { type Backoff, backoffMs, WATCH_BACKOFF } from "./backoff.ts";
import type { Random } from "./clock.ts";
import { isKind, KubeError } from "./errors.ts";

/** A kind that is missing is usually on its way (its CRD comes in the same minute); discovery is cheap. */
const ABSENT_BACKOFF: Backoff = { baseMs: 1_000, capMs: 10_000 };

/** What a reflector does next. */
export interface Plan {
  /** Watch from here; undefined: list first. */
  resourceVersion: string | undefined;
  /** The server has shown no sign that it lacks WatchList. */
  watchList: boolean;
  failures: number;
  waitMs: number;
  relists: number;
  absent?: boolean;
}

/**
 * The next step after a session failed. Pure but for `random`. A watch is resumed only where the server ended it in
 * its own way; after any failure everything is listed anew:
 * - history gone (410 as a status or as an event) leaves no other choice;
 * - a server that was away may come back with its storage restored from a backup. A watch from a version of the old
 *   history is then answered with silence, and, once the new history has passed that version, with events that skip
 *   what was lost: the store would keep objects that no longer exist, for ever. A list costs less than that.
 * Where WatchList is refused or never ends, it is LIST from now on.
 */
export function afterFailure(plan: Plan, error: unknown, random: Random): Plan {
  const failures = plan.failures + 1;
  const listing = plan.resourceVersion === undefined;
  const absent = isKind(error, "noSuchKind");
  const next = {
    ...plan,
    failures,
    absent,
    resourceVersion: undefined,
    relists: plan.relists + (listing ? 0 : 1),
  };
  if (listing && plan.watchList && refusesWatchList(error)) return { ...next, watchList: false, waitMs: 0 };
  // The first time at once: expired history is no sign of a server in trouble.
  if (failures === 1 && isKind(error, "gone")) return { ...next, waitMs: 0 };
  const told = error instanceof KubeError ? (error.retryAfterSeconds ?? 0) * 1_000 : 0;
  return {
    ...next,
    waitMs: Math.max(told, backoffMs(absent ? ABSENT_BACKOFF : WATCH_BACKOFF, failures, random)),
  };
}

/** 422 where the feature is off, 400 where a server does not know the parameter, silence where it ignores it. */
function refusesWatchList(error: unknown): boolean {
  return isKind(error, "invalid") || (error instanceof KubeError && error.reason === "Silent");
}
