import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DEFAULT_LIMITS } from "./figures.ts";
import { STREAM_LEASE_MS, STREAM_RENEW_MS, StreamLeases } from "./streams.ts";

const START = 1_800_000_000_000;

describe("streams that are open", () => {
  it("are forgotten where nobody speaks of them any more, and not before", () => {
    const leases = new StreamLeases();
    const one = { ...DEFAULT_LIMITS, streams: 1 };
    expect(leases.open("a", "ada", one, START)).toEqual({ ok: true });
    leases.renew("a", "ada", START + STREAM_RENEW_MS);
    const before = START + STREAM_RENEW_MS + STREAM_LEASE_MS - 1;
    expect(leases.open("b", "bob", one, before)).toEqual({ ok: false, limit: "tenant", most: 1 });
    expect(leases.open("b", "bob", one, before + 1)).toEqual({ ok: true });
    // Two renewals may be lost on the way.
    expect(STREAM_LEASE_MS).toBeGreaterThanOrEqual(3 * STREAM_RENEW_MS);
  });

  it("are counted again after the object forgot them", () => {
    const leases = new StreamLeases();
    leases.renew("a", "ada", START);
    expect(leases.count(START)).toBe(1);
    leases.close("a");
    leases.close("a");
    expect(leases.count(START)).toBe(0);
  });

  it("never are more than either figure, whatever opens, closes and dies", () => {
    const steps = fc.array(
      fc.record({
        what: fc.constantFrom("open", "open", "close", "renew", "wait"),
        stream: fc.nat(30),
        who: fc.constantFrom("ada", "bob", "eve"),
        waitMs: fc.nat(90_000),
      }),
      { maxLength: 200 },
    );
    fc.assert(
      fc.property(
        steps,
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 1, max: 4 }),
        (given, streams, own) => {
          const leases = new StreamLeases();
          const limits = { ...DEFAULT_LIMITS, streams, principalStreams: own };
          const open = new Map<string, { who: string; until: number }>();
          let now = START;
          for (const { what, stream, who, waitMs } of given) {
            if (what === "wait") now += waitMs;
            for (const [id, { until }] of open) if (until <= now) open.delete(id);
            const id = `${who}-${stream}`;
            if (what === "open" && !open.has(id)) {
              const mine = [...open.values()].filter((each) => each.who === who).length;
              const verdict = leases.open(id, who, limits, now);
              expect(verdict.ok).toBe(open.size < streams && mine < own);
              if (verdict.ok) open.set(id, { who, until: now + STREAM_LEASE_MS });
            }
            if (what === "renew" && open.has(id)) {
              leases.renew(id, who, now);
              open.set(id, { who, until: now + STREAM_LEASE_MS });
            }
            if (what === "close") {
              leases.close(id);
              open.delete(id);
            }
          }
          expect(leases.count(now)).toBe(open.size);
        },
      ),
    );
  });
});
