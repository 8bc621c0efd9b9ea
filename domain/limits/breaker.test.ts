import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  admit,
  type Breaker,
  CLOSED,
  FAILURES_TO_OPEN,
  FIRST_PAUSE_MS,
  failed,
  MAX_PAUSE_MS,
  PROBE_LIMIT_MS,
} from "./breaker.ts";

const START = 1_800_000_000_000;

const opened = (): Breaker => {
  let breaker = CLOSED;
  for (let i = 0; i < FAILURES_TO_OPEN; i++) breaker = failed(breaker, START, true);
  return breaker;
};

describe("a circuit breaker", () => {
  it("opens with the fifth failure in a row", () => {
    let breaker = CLOSED;
    for (let i = 1; i < FAILURES_TO_OPEN; i++) {
      breaker = failed(breaker, START, true);
      expect(admit(breaker, START).waitMs).toBe(0);
    }
    expect(admit(failed(breaker, START, true), START).waitMs).toBe(FIRST_PAUSE_MS);
  });

  it("half open lets one probe through, and the others wait for it", () => {
    const now = START + FIRST_PAUSE_MS;
    const probe = admit(opened(), now);
    expect(probe.waitMs).toBe(0);
    expect(admit(probe.breaker, now).waitMs).toBeGreaterThan(0);
    expect(admit(probe.breaker, now + PROBE_LIMIT_MS - 1).waitMs).toBeGreaterThan(0);
    expect(admit(probe.breaker, now + PROBE_LIMIT_MS).waitMs).toBe(0);
  });

  it("doubles its pause with each probe that fails, up to a minute", () => {
    let breaker = opened();
    const pauses: number[] = [];
    for (let now = START; pauses.length < 8; ) {
      now = (breaker as { until: number }).until;
      breaker = failed(admit(breaker, now).breaker, now, false);
      pauses.push((breaker as { until: number }).until - now);
    }
    expect(pauses).toEqual([
      4_000,
      8_000,
      16_000,
      32_000,
      MAX_PAUSE_MS,
      MAX_PAUSE_MS,
      MAX_PAUSE_MS,
      MAX_PAUSE_MS,
    ]);
  });

  it("is not told of a probe's outcome by calls from before it opened", () => {
    const { breaker } = admit(opened(), START + FIRST_PAUSE_MS);
    expect(failed(breaker, START + FIRST_PAUSE_MS, true)).toEqual(breaker);
    expect(failed(opened(), START + 1, true)).toEqual(opened());
  });
});

/** Calls that begin and end in any order. */
const steps = fc.array(
  fc.record({
    afterMs: fc.oneof(fc.nat(500), fc.nat(90_000)),
    what: fc.constantFrom("begin", "begin", "succeed", "fail", "fail"),
    which: fc.nat(10),
  }),
  { maxLength: 300 },
);

describe("whatever calls do", () => {
  it("one probe goes at a time, a pause ends within its bound, and a success lets all through", () => {
    fc.assert(
      fc.property(steps, (given) => {
        let breaker = CLOSED;
        let now = START;
        const running: { closed: boolean; at: number }[] = [];
        for (const { afterMs, what, which } of given) {
          now += afterMs;
          if (what === "begin") {
            const closed = breaker.state === "closed";
            const admitted = admit(breaker, now);
            breaker = admitted.breaker;
            expect(admitted.waitMs).toBeLessThanOrEqual(MAX_PAUSE_MS);
            if (closed) expect(admitted.waitMs).toBe(0);
            if (admitted.waitMs > 0) continue;
            const probes = running.filter((call) => !call.closed && call.at > now - PROBE_LIMIT_MS);
            if (!closed) expect(probes).toEqual([]);
            running.push({ closed, at: now });
            continue;
          }
          const [call] = running.splice(which % Math.max(1, running.length), 1);
          if (!call) continue;
          breaker = what === "fail" ? failed(breaker, now, call.closed) : CLOSED;
          if (what === "succeed") {
            expect(admit(breaker, now).waitMs).toBe(0);
            // Whoever was a probe is one call among others now.
            for (const other of running) other.closed = true;
          }
          if (what === "fail" && !call.closed) {
            for (const other of running) other.closed = true;
          }
        }
      }),
    );
  });
});
