import fc from "fast-check";
import { expect, it } from "vitest";
import { backoffMs, WATCH_BACKOFF } from "./backoff.ts";

it("grows from half the base to the cap, whatever the jitter", () => {
  const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000 }), random, (failures, r) => {
      const ms = backoffMs(WATCH_BACKOFF, failures, () => r);
      expect(ms).toBeGreaterThanOrEqual(WATCH_BACKOFF.baseMs / 2);
      expect(ms).toBeLessThanOrEqual(WATCH_BACKOFF.capMs);
      expect(backoffMs(WATCH_BACKOFF, failures + 1, () => r)).toBeGreaterThanOrEqual(ms);
    }),
  );
});
