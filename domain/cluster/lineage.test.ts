import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decideLineage, decideResume, isNewer } from "./lineage.ts";

const at = (epoch: number, epochId = `e${epoch}`) => ({ epoch, epochId });

describe("whose epoch holds", () => {
  it.each([
    ["a new cluster", undefined, { ...at(1), claimed: false }, { kind: "adopt" }],
    ["lost storage", undefined, { ...at(4), claimed: true }, { kind: "renew", epoch: 5 }],
    ["nothing happened", at(2), { ...at(2), claimed: true }, { kind: "keep" }],
    ["a person declared one", at(2), { ...at(3), claimed: true }, { kind: "follow" }],
    ["D1 from before the last one", at(3), { ...at(2), claimed: true }, { kind: "tell" }],
    ["a fork of the same number", at(3), { ...at(3, "other"), claimed: true }, { kind: "renew", epoch: 4 }],
  ] as const)("%s", (_what, held, row, decision) => {
    expect(decideLineage(held, row)).toEqual(decision);
  });

  it("a renewed epoch is above both, so that no lineage is taken for another", () => {
    const lineage = fc.record({ epoch: fc.integer({ min: 1, max: 9 }), epochId: fc.constantFrom("a", "b") });
    fc.assert(
      fc.property(fc.option(lineage, { nil: undefined }), lineage, fc.boolean(), (held, row, claimed) => {
        const decision = decideLineage(held, { ...row, claimed });
        if (decision.kind !== "renew") return;
        expect(decision.epoch).toBeGreaterThan(Math.max(row.epoch, held?.epoch ?? 0));
      }),
    );
  });
});

describe("how an agent catches up", () => {
  const set = { epochId: "e", seq: 10, floor: 5 };
  it.each([
    ["no cursor", undefined, "snapshot"],
    ["another epoch", { epochId: "x", seq: 9 }, "snapshot"],
    ["below the floor: it may have missed a tombstone", { epochId: "e", seq: 4 }, "snapshot"],
    ["at the floor", { epochId: "e", seq: 5 }, "resume"],
    ["at the newest", { epochId: "e", seq: 10 }, "resume"],
    ["beyond the newest: the storage went back", { epochId: "e", seq: 11 }, "renew"],
  ] as const)("%s", (_what, cursor, mode) => {
    expect(decideResume(set, cursor)).toBe(mode);
  });
});

it("whatever order revisions come in, the highest is held", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }), (revisions) => {
      let held: number | undefined;
      for (const each of revisions) if (isNewer(held, each)) held = each;
      expect(held).toBe(Math.max(...revisions));
    }),
  );
});
