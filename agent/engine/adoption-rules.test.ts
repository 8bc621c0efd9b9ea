import { describe, expect, it } from "vitest";
import { adoptionStatus, type Candidate, isSelected, selectorText, verdictOn } from "./adoption-rules.ts";

const candidate = (some: Partial<Candidate> = {}): Candidate => ({
  ...{ kind: "ConfigMap", name: "a", owner: "nobody", disabled: false, managers: [], readiness: "Ready" },
  ...some,
});

describe("what becomes of an object that is there", () => {
  it.each<
    [string, Partial<Candidate>, Parameters<typeof verdictOn>[1], Parameters<typeof verdictOn>[2], string]
  >([
    ["nobody's, and a node names it", {}, "Apply", {}, "WouldTake"],
    ["ours already", { owner: "ours" }, "Apply", {}, "Taken"],
    ["another graph's", { owner: "other", graphKey: "n/g" }, "Apply", { owners: ["graph:n/g"] }, "Refused"],
    ["another tool's", { otherOwner: "helm:n/r" }, "Apply", {}, "Refused"],
    [
      "another tool's, which is named",
      { otherOwner: "helm:n/r" },
      "Apply",
      { owners: ["helm:n/r"] },
      "WouldTake",
    ],
    ["in no node", {}, undefined, {}, "Refused"],
    ["only observed by its node", {}, "Observe", {}, "Refused"],
    ["disabled by a person", { disabled: true }, "Apply", {}, "Refused"],
    ["mirrored, whosever it is", { owner: "other" }, undefined, { strategy: "Mirror" }, "Mirrored"],
  ])("%s", (_, some, mode, policy, state) =>
    expect(verdictOn(candidate(some), mode, policy).state).toBe(state),
  );
});

describe("a selector", () => {
  const selector = {
    matchLabels: { a: "1" },
    matchExpressions: [
      { key: "b", operator: "In" as const, values: ["2", "3"] },
      { key: "c", operator: "NotIn" as const, values: ["4"] },
      { key: "d", operator: "Exists" as const },
      { key: "e", operator: "DoesNotExist" as const },
    ],
  };
  it("is written as the API server reads it", () =>
    expect(selectorText(selector)).toBe("a=1,b in (2,3),c notin (4),d,!e"));

  it.each([
    [{ a: "1", b: "3", d: "" }, true],
    [{ a: "2", b: "3", d: "" }, false],
    [{ a: "1", b: "9", d: "" }, false],
    [{ a: "1", b: "2", c: "4", d: "" }, false],
    [{ a: "1", b: "2" }, false],
    [{ a: "1", b: "2", d: "", e: "" }, false],
  ])("selects %j: %s", (labels, selected) =>
    expect(isSelected({ selector }, { name: "x", labels })).toBe(selected),
  );
});

it("a status shows those that are refused first, and counts all", () => {
  const one = (name: string, state: "Taken" | "Refused") => ({ kind: "ConfigMap", name, state });
  const many = Array.from({ length: 200 }, (_, n) => one(`t${n}`, "Taken"));
  const status = adoptionStatus([...many, one("r", "Refused")]);
  expect([status.taken, status.refused, status.resources.length]).toEqual([200, 1, 100]);
  expect(status.resources[0]?.name).toBe("r");
});
