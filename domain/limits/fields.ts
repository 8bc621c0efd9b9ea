import type { LimitState } from "./grant.ts";
import { WINDOW_MS } from "./window.ts";

/**
 * The fields RateLimit-Policy and RateLimit of draft-ietf-httpapi-ratelimit-headers-10: for each limit `q` requests in `w`
 * seconds, of which `r` remain, and `t` seconds until all of them are there again.
 */
export function rateLimitFields(limits: readonly LimitState[]): Record<string, string> {
  const seconds = (ms: number): number => Math.ceil(ms / 1000);
  const policy = limits.map(({ name, limit }) => `"${name}";q=${limit};w=${seconds(WINDOW_MS)}`);
  // What the quota has above the limit is nobody's to count on.
  const state = limits.map(
    ({ name, limit, left, resetMs }) =>
      `"${name}";r=${Math.max(0, Math.min(limit, left))};t=${seconds(resetMs)}`,
  );
  return { "RateLimit-Policy": policy.join(", "), RateLimit: state.join(", ") };
}
