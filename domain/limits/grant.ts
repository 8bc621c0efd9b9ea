import type { QuotaWindow } from "./window.ts";

/** What an isolate knows of a limit since it last asked. */
export interface LimitState {
  /** `tenant` or `principal`. */
  name: string;
  /** Requests a minute. */
  limit: number;
  /** Tokens that may still be granted. */
  left: number;
  /** Milliseconds until nothing is counted any more. */
  resetMs: number;
}

/** What the owner of one or more limits answers: a token granted is one of each of them. */
export interface LeaseAnswer {
  granted: number;
  limits: LimitState[];
  /** Milliseconds until the next token may be had, where none was granted. */
  retryAfterMs: number;
}

export interface CountedLimit {
  name: string;
  /** Requests a minute. */
  limit: number;
  window: QuotaWindow;
}

/** Grants as many tokens as are asked for and each limit has; where none has any, what to wait for. */
export function grantLease(limits: readonly CountedLimit[], asked: number, now: number): LeaseAnswer {
  const free = Math.min(...limits.map(({ window, limit }) => window.free(limit, now)));
  const granted = Math.max(0, Math.min(asked, free));
  if (granted > 0) for (const { window } of limits) window.grant(granted, now);
  const waits = limits.map(({ window, limit }) => window.waitFor(1, limit, now));
  return {
    granted,
    limits: limits.map((each) => stateOf(each, now)),
    retryAfterMs: granted > 0 ? 0 : Math.max(...waits),
  };
}

const stateOf = ({ name, limit, window }: CountedLimit, now: number): LimitState => ({
  name,
  limit,
  left: window.free(limit, now),
  resetMs: window.resetMs(now),
});
