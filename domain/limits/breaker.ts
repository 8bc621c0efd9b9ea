/**
 * A circuit breaker toward something that may be sick. Closed, it lets every call through and counts failures in a row;
 * open, it lets none through; when its time has come it is half open: one probe goes, and decides.
 */

/** Failures in a row that open it. */
export const FAILURES_TO_OPEN = 5;
/** An agent comes back within some 20 s of a deploy, so the first pauses are shorter than that. */
export const FIRST_PAUSE_MS = 2_000;
export const MAX_PAUSE_MS = 60_000;
/** A probe of which nothing was heard for so long, because its isolate's request ended, holds up the next no longer. */
export const PROBE_LIMIT_MS = 60_000;

export type Breaker =
  | { state: "closed"; failures: number }
  /** `pauseMs` is how long it was opened for. */
  | { state: "open"; until: number; pauseMs: number }
  /** A probe is under way, until `until` at the latest. */
  | { state: "probing"; until: number; pauseMs: number };

export const CLOSED: Breaker = { state: "closed", failures: 0 };

/** @returns the state to keep, and how long the call must wait: 0 lets it through */
export function admit(breaker: Breaker, now: number): { breaker: Breaker; waitMs: number } {
  if (breaker.state === "closed") return { breaker, waitMs: 0 };
  if (breaker.until > now) {
    const waitMs = breaker.state === "open" ? breaker.until - now : FIRST_PAUSE_MS;
    return { breaker, waitMs };
  }
  return { breaker: { ...breaker, state: "probing", until: now + PROBE_LIMIT_MS }, waitMs: 0 };
}

/**
 * A call failed by which the other side shows that it is sick.
 * @param wasClosed whether the call was let through by a closed breaker: then it tells nothing of a probe's outcome
 */
export function failed(breaker: Breaker, now: number, wasClosed: boolean): Breaker {
  if (breaker.state === "closed") {
    const failures = breaker.failures + 1;
    if (failures < FAILURES_TO_OPEN) return { state: "closed", failures };
    return { state: "open", until: now + FIRST_PAUSE_MS, pauseMs: FIRST_PAUSE_MS };
  }
  if (breaker.state === "open" || wasClosed) return breaker;
  const pauseMs = Math.min(MAX_PAUSE_MS, 2 * breaker.pauseMs);
  return { state: "open", until: now + pauseMs, pauseMs };
}
