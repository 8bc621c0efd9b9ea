import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { plan } from "../../test/attack/plan.ts";
import { ALL_TRACES, ASKED_TRACES, type Asking, CALLER_TRACES, TraceSampler } from "./sampler.ts";

const parent = { traceId: "a".repeat(32), spanId: "b".repeat(16), sampled: true };
const asking = (more: Partial<Asking> = {}): Asking => ({
  ...{ parent: undefined, caller: "acme", ratio: 0, draw: 0.5, now: 0 },
  ...more,
});
const countOf = (times: number, each: (n: number) => Asking, sampler = new TraceSampler()): number =>
  Array.from({ length: times }, (_, n) => sampler.isTraced(each(n))).filter(Boolean).length;

describe("what is traced", () => {
  it.each([
    ["by the share, where nothing is asked", { ratio: 0.6 }, true],
    ["not, where the share leaves it out", { ratio: 0.5 }, false],
    ["not, where the caller does not want it", { parent: { ...parent, sampled: false }, ratio: 1 }, false],
    ["what a known caller asks for, whatever the share", { parent }, true],
    ["not what nobody asks for", { parent, caller: undefined }, false],
    ["nobody's, by the share", { parent, caller: undefined, ratio: 1 }, true],
  ])("%s", (_name, more, expected) => {
    expect(new TraceSampler().isTraced(asking(more))).toBe(expected);
  });
});

describe("a flood", () => {
  it("of one that asks is bounded, and takes nothing from another", () => {
    const sampler = new TraceSampler();
    const flood = (n: number) => asking({ parent, now: n });
    expect(countOf(10_000, flood, sampler)).toBe(ASKED_TRACES.burst + 9);
    expect(sampler.isTraced(asking({ parent, caller: "globex", now: 10_000 }))).toBe(true);
  });

  it("of nobody is bounded where all are traced, and leaves room to those who are known", () => {
    const sampler = new TraceSampler();
    const flood = () => asking({ caller: undefined, ratio: 1 });
    expect(countOf(10_000, flood, sampler)).toBe(CALLER_TRACES.burst);
    expect(sampler.isTraced(asking({ ratio: 1 }))).toBe(true);
  });

  it("of many is bounded together, whoever they are and whatever they send", () => {
    const one = fc.record({
      parent: fc.option(fc.constant(parent), { nil: undefined }),
      caller: fc.option(fc.nat(5_000).map(String), { nil: undefined }),
      ...{
        ratio: fc.double({ min: 0, max: 1, noNaN: true }),
        draw: fc.double({ min: 0, max: 1, noNaN: true }),
      },
      now: fc.constant(0),
    });
    fc.assert(
      fc.property(fc.array(one, { maxLength: 1_000 }), fc.nat(10_000), (all, length) => {
        const step = all.length > 0 ? length / all.length : 0;
        const traced = countOf(all.length, (n) => ({ ...(all[n] as Asking), now: n * step }));
        expect(traced).toBeLessThanOrEqual(ALL_TRACES.burst + (length / 1_000) * ALL_TRACES.perSecond + 1);
      }),
      { seed: plan.seed, numRuns: plan.times(50) },
    );
  });
});
