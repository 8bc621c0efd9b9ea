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
 * The next step after a session failed. Pure but for `random`.
 * - History gone (410 as a status or as an event), or a stream that cannot be trusted (silent, or a version that went
 *   back because the cluster's storage was restored): list anew.
 * - WatchList refused or never ended: LIST from now on.
 * - Anything else: resume where it stood, after a backoff that respects Retry-After.
 */
export function afterFailure(plan: Plan, error: unknown, random: Random): Plan {
  const failures = plan.failures + 1;
  const next = { ...plan, failures, absent: false };
  const listing = plan.resourceVersion === undefined;
  if (listing && plan.watchList && refusesWatchList(error)) return { ...next, watchList: false, waitMs: 0 };
  if (isKind(error, "noSuchKind")) {
    const waitMs = backoffMs(ABSENT_BACKOFF, failures, random);
    return { ...next, absent: true, resourceVersion: undefined, waitMs };
  }
  const told = error instanceof KubeError ? (error.retryAfterSeconds ?? 0) * 1_000 : 0;
  const waitMs = Math.max(told, backoffMs(WATCH_BACKOFF, failures, random));
  if (!cannotResume(error)) return { ...next, waitMs };
  // The first time at once: a relist is the normal way out, not a sign of a server in trouble.
  return {
    ...next,
    resourceVersion: undefined,
    relists: plan.relists + 1,
    waitMs: failures === 1 ? 0 : waitMs,
  };
}

/** 422 where the feature is off, 400 where a server does not know the parameter, silence where it ignores it. */
function refusesWatchList(error: unknown): boolean {
  return isKind(error, "invalid") || (error instanceof KubeError && error.reason === "Silent");
}

function cannotResume(error: unknown): boolean {
  if (isKind(error, "gone", "invalid")) return true;
  return error instanceof KubeError && (error.reason === "Silent" || error.reason === "WentBack");
}
