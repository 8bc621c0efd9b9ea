import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { plan } from "../../../test/attack/plan.ts";
import { createRecent } from "../recent.ts";
import { createShares, type Shares } from "./shares.ts";

const HOUR_MS = 3_600_000;
const make = () => createShares({ claimSize: 1, unusedMs: HOUR_MS });

/** Takes claims until the rest has room; who lost what. */
function shrink(shares: Shares, max: number, now: number): { owner: string; name: string }[] {
  const lost: { owner: string; name: string }[] = [];
  while (shares.total() > max) {
    const next = shares.next(now);
    if (!next) throw new Error("no claim is left, and there is no room");
    shares.release(next.owner, next.name);
    lost.push(next);
  }
  return lost;
}

describe("a room that tenants share", () => {
  it("lets the one with most lose its own first, the longest unused before the others", () => {
    const shares = make();
    shares.claim("small", "theirs", 10, 1);
    for (const at of [2, 3, 4]) shares.claim("large", `mine-${at}`, 30, at);
    shares.touch("large", "mine-2", 5);
    expect(shrink(shares, 70, 6)).toEqual([{ owner: "large", name: "mine-3" }]);
    expect(shares.names()).toEqual(["theirs", "mine-2", "mine-4"]);
  });

  it("keeps what somebody else needs too, though the one with most loses its claim", () => {
    const shares = make();
    shares.claim("large", "shared", 20, 1);
    shares.claim("large", "own", 20, 2);
    shares.claim("small", "shared", 20, 3);
    expect(shares.total()).toBe(41);
    expect(shrink(shares, 20, 4)).toEqual([
      { owner: "large", name: "shared" },
      { owner: "large", name: "own" },
    ]);
    expect(shares.claimants("shared")).toEqual(["small"]);
  });

  it("takes what nobody has used for long before anything else", () => {
    const shares = make();
    shares.claim("gone", "old", 10, 0);
    shares.claim("large", "new", 80, HOUR_MS);
    expect(shrink(shares, 85, HOUR_MS + 1)).toEqual([{ owner: "gone", name: "old" }]);
  });

  it("counts an entry by its newest size, for all who claim it", () => {
    const shares = make();
    shares.claim("a", "one", 10, 1);
    shares.claim("b", "one", 40, 2);
    expect(shares.total()).toBe(41);
    shares.release("a", "one");
    shares.release("b", "one");
    expect([shares.total(), shares.owners, shares.has("one")]).toEqual([0, 0, false]);
  });

  it("is never over full, and takes nothing from whoever has no more than an equal part", () => {
    const OWNERS = ["a", "b", "c", "d"];
    const MAX = 200;
    const act = fc.record({
      owner: fc.constantFrom(...OWNERS),
      name: fc.nat(30).map((n) => `module-${n}`),
      size: fc.integer({ min: 1, max: 60 }),
    });
    fc.assert(
      fc.property(fc.array(act, { minLength: 30, maxLength: 200 }), (acts) => {
        const shares = make();
        const sizes = new Map<string, number>();
        for (const [now, { owner, name, size: wanted }] of acts.entries()) {
          const size = sizes.get(name) ?? wanted;
          sizes.set(name, size);
          shares.claim(owner, name, size, now);
          const charges = new Map(OWNERS.map((one) => [one, chargeOf(shares, sizes, one)]));
          for (const { owner: loser } of shrink(shares, MAX, now)) {
            expect(charges.get(loser)).toBeGreaterThan(MAX / OWNERS.length);
          }
          expect(shares.total()).toBe(takenBy(shares, sizes));
          expect(shares.total()).toBeLessThanOrEqual(MAX);
        }
      }),
      { seed: plan.seed, numRuns: plan.times(100) },
    );
  });
});

const chargeOf = (shares: Shares, sizes: Map<string, number>, owner: string): number =>
  shares
    .names()
    .filter((name) => shares.isClaimed(owner, name))
    .reduce((sum, name) => sum + (sizes.get(name) ?? 0), 0);

const takenBy = (shares: Shares, sizes: Map<string, number>): number =>
  shares.names().reduce((sum, name) => sum + (sizes.get(name) ?? 0) + shares.claimants(name).length - 1, 0);

describe("what is known of the last questions", () => {
  it("of one tenant stays, however many references another has", () => {
    const recent = createRecent(10);
    recent.note("theirs", "small", { at: 0 });
    for (let at = 1; at <= 100; at += 1) recent.note(`mine-${at}`, "large", { at });
    expect(recent.get("theirs")).toEqual({ at: 0 });
    expect([recent.get("mine-91"), recent.get("mine-92")]).toEqual([undefined, { at: 92 }]);
  });
});
