import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type AccountTries,
  ADDRESS_BURST,
  ADDRESS_TRIES_PER_MINUTE,
  FREE_FAILURES,
  failAccount,
  forgiveAddress,
  MAX_WAIT_MS,
  SLOWED_BURST,
  SLOWED_TRIES_PER_MINUTE,
  succeedAccount,
  type Tries,
  tryAccount,
  tryAddress,
  waitAfter,
} from "./login.ts";

const START = 1_800_000_000_000;

/** An account at which tries are made, each of which fails where it is let through. */
class Attacked {
  state: AccountTries | undefined;

  fail(net: string, now: number): number {
    const { state, waitMs } = tryAccount(this.state, net, now);
    this.state = waitMs === 0 ? failAccount(state, net, now) : state;
    return waitMs;
  }
}

describe("tries from one address", () => {
  it("are let through in a burst, then at their rate; those that succeed cost nothing", () => {
    let state: Tries | undefined;
    for (let i = 0; i < ADDRESS_BURST; i++) {
      const tried = tryAddress(state, START);
      expect(tried.waitMs).toBe(0);
      state = tried.state;
    }
    expect(tryAddress(state, START).waitMs).toBe(60_000 / ADDRESS_TRIES_PER_MINUTE);
    expect(tryAddress(forgiveAddress(state, START), START).waitMs).toBe(0);
    const later = START + 60_000 / ADDRESS_TRIES_PER_MINUTE;
    expect(tryAddress(state, later).waitMs).toBe(0);
    expect(forgiveAddress({ left: ADDRESS_BURST - 1, at: START }, START)).toBeUndefined();
  });
});

describe("failures from one network", () => {
  it("are free at first, then each doubles the wait up to its bound", () => {
    expect([1, 4, 5, 6, 7, 14, 15, 100].map(waitAfter)).toEqual([
      ...[0, 0, 1_000, 2_000, 4_000, 512_000],
      ...[MAX_WAIT_MS, MAX_WAIT_MS],
    ]);
    const attacked = new Attacked();
    for (let i = 0; i < FREE_FAILURES; i++) expect(attacked.fail("a", START)).toBe(0);
    expect(attacked.fail("a", START)).toBe(1_000);
    expect(attacked.fail("a", START + 1_000)).toBe(0);
    expect(attacked.fail("a", START + 1_000)).toBe(2_000);
  });

  it("are forgotten after an hour, or by a success", () => {
    const attacked = new Attacked();
    for (let i = 0; i < FREE_FAILURES; i++) attacked.fail("a", START);
    expect(tryAccount(attacked.state, "a", START + 3_600_001).waitMs).toBe(0);
    expect(tryAccount(succeedAccount(attacked.state, "a", START), "a", START).waitMs).toBe(0);
  });

  it("cannot be spared by many tries at once: those under way count", () => {
    let state: AccountTries | undefined;
    let letThrough = 0;
    for (let i = 0; i < 100; i++) {
      const tried = tryAccount(state, "a", START);
      state = tried.state;
      if (tried.waitMs === 0) letThrough++;
    }
    expect(letThrough).toBe(FREE_FAILURES);
    // Nobody told how they ended: after half a minute they stand in nobody's way.
    expect(tryAccount(state, "a", START + 30_001).waitMs).toBe(0);
  });
});

describe("whatever strangers do", () => {
  const strangers = fc.array(
    fc.record({ net: fc.integer({ min: 0, max: 300 }), afterMs: fc.integer({ min: 0, max: 5_000 }) }),
    { maxLength: 400 },
  );

  it("the first try from another network, and each from a known one, is let through at once", () => {
    fc.assert(
      fc.property(strangers, (tries) => {
        const attacked = new Attacked();
        attacked.state = succeedAccount(undefined, "home", START);
        let now = START;
        for (const { net, afterMs } of tries) {
          now += afterMs;
          attacked.fail(`stranger ${net}`, now);
        }
        expect(tryAccount(attacked.state, "elsewhere", now).waitMs).toBe(0);
        expect(attacked.fail("home", now)).toBe(0);
        expect(tryAccount(attacked.state, "home", now).waitMs).toBe(0);
      }),
    );
  });

  it("no wait is longer than its bound, and what is kept is bounded", () => {
    fc.assert(
      fc.property(strangers, (tries) => {
        const attacked = new Attacked();
        let now = START;
        for (const { net, afterMs } of tries) {
          now += afterMs;
          expect(attacked.fail(`stranger ${net}`, now)).toBeLessThanOrEqual(MAX_WAIT_MS);
        }
        expect(JSON.stringify(attacked.state ?? {}).length).toBeLessThan(16_384);
      }),
    );
  });

  it("guesses after each network's first are slowed together", () => {
    fc.assert(
      fc.property(strangers, (tries) => {
        const attacked = new Attacked();
        const seen = new Set<number>();
        let now = START;
        let repeated = 0;
        for (const { net, afterMs } of tries.filter((each) => each.net < 100)) {
          now += afterMs;
          if (attacked.fail(`stranger ${net}`, now) === 0 && seen.has(net)) repeated++;
          seen.add(net);
        }
        const allowed = SLOWED_BURST + ((now - START) / 60_000) * SLOWED_TRIES_PER_MINUTE;
        expect(repeated).toBeLessThanOrEqual(Math.ceil(allowed));
      }),
    );
  });
});
