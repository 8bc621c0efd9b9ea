import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CLOSE, RECONNECT_CAP_MS, RECONNECT_FIRST_MS } from "../../protocol/tunnel/limits.ts";
import { endingOfClose, endingOfUpgrade } from "./ending.ts";
import { afterEnding, type Ending, firstDelayMs, initialReconnect, REFUSED_RETRY_MS } from "./reconnect.ts";

const lost: Ending = { kind: "lost", reason: "gone" };

describe("delays", () => {
  it.each([
    { failures: 0, welcomed: true, random: 0.999, most: RECONNECT_FIRST_MS },
    { failures: 9, welcomed: true, random: 0.999, most: RECONNECT_FIRST_MS },
    { failures: 1, welcomed: false, random: 0.999, most: 4_000 },
    { failures: 2, welcomed: false, random: 0.999, most: 8_000 },
    { failures: 3, welcomed: false, random: 0.999, most: 16_000 },
    { failures: 4, welcomed: false, random: 0.999, most: RECONNECT_CAP_MS },
    { failures: 40, welcomed: false, random: 0.999, most: RECONNECT_CAP_MS },
  ])("after $failures failures (session before: $welcomed) at most $most ms", (row) => {
    const verdict = afterEnding({ failures: row.failures }, lost, row.welcomed, row.random);
    expect(verdict.kind).toBe("wait");
    if (verdict.kind !== "wait") return;
    expect(verdict.ms).toBeLessThanOrEqual(row.most);
    expect(verdict.ms).toBeGreaterThan(row.most * 0.99);
  });

  it("are never above the cap, and grow in the mean until it", () => {
    fc.assert(
      fc.property(fc.nat(100), fc.double({ min: 0, max: 0.9999, noNaN: true }), (failures, random) => {
        const verdict = afterEnding({ failures }, lost, false, random);
        if (verdict.kind !== "wait") throw new Error("a loss is always retried");
        expect(verdict.ms).toBeLessThanOrEqual(RECONNECT_CAP_MS);
        expect(verdict.state.failures).toBe(failures + 1);
      }),
    );
  });

  it("at the start do not keep a person waiting", () => {
    expect(firstDelayMs(0.999)).toBeLessThan(300);
  });

  it("spread a fleet of 1,000 that lost its manager for 10 s: all back within 25 s, no second over 3 times the mean", () => {
    const back: number[] = [];
    const random = mulberry(7);
    for (let agent = 0; agent < 1_000; agent += 1) {
      let state = initialReconnect;
      let at = 0;
      let welcomed = true;
      for (;;) {
        const verdict = afterEnding(state, lost, welcomed, random());
        if (verdict.kind !== "wait") throw new Error("stopped");
        at += verdict.ms;
        if (at >= 10_000) break;
        ({ state } = verdict);
        welcomed = false;
      }
      back.push(at - 10_000);
    }
    const last = Math.max(...back);
    const buckets = Array.from({ length: Math.ceil(last / 1_000) }, () => 0);
    for (const at of back) {
      const i = Math.min(buckets.length - 1, Math.floor(at / 1_000));
      buckets[i] = (buckets[i] ?? 0) + 1;
    }
    expect(last).toBeLessThanOrEqual(25_000);
    expect(Math.max(...buckets) / (1_000 / buckets.length)).toBeLessThanOrEqual(3);
  });
});

describe("what the manager says", () => {
  it.each([
    [CLOSE.fenced, "stop"],
    [CLOSE.wrongCluster, "wait"],
    [CLOSE.unauthorized, "wait"],
    [CLOSE.deleted, "wait"],
    [CLOSE.upgradeRequired, "wait"],
    [CLOSE.tryLater, "wait"],
    [CLOSE.helloTimeout, "wait"],
    [1006, "wait"],
  ] as const)("close code %i: %s", (code, kind) => {
    expect(afterEnding(initialReconnect, endingOfClose(code, ""), true, 0.5).kind).toBe(kind);
  });

  it("is asked again only after minutes where it was a no", () => {
    for (const code of [CLOSE.unauthorized, CLOSE.deleted, CLOSE.upgradeRequired]) {
      const verdict = afterEnding(initialReconnect, endingOfClose(code, "no"), true, 0);
      expect(verdict).toMatchObject({ kind: "wait", ms: REFUSED_RETRY_MS });
    }
  });

  it("an HTTP error before the upgrade is a loss like any other, but 410", () => {
    expect(endingOfUpgrade(502).kind).toBe("lost");
    expect(endingOfUpgrade(404).kind).toBe("lost");
    expect(endingOfUpgrade(410).kind).toBe("refused");
  });
});

/** A small seeded generator, so that the spread is the same in each run. */
function mulberry(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
