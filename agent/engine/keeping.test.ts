import { describe, expect, it } from "vitest";
import { graceOf, keptForMs, whyNever } from "./keeping.ts";

const leftAt = "2026-01-01T00:00:00.000Z";
const at = (seconds: number) => Date.parse(leftAt) + 1_000 * seconds;
const prune = { graceMs: 60_000, dryRun: false };

describe("a grace period", () => {
  it("counts from when the object left", () =>
    expect(graceOf({ leftAt }, prune, at(20))).toEqual({
      leftMs: 40_000,
      goesAt: "2026-01-01T00:01:00.000Z",
    }));
  it("is over at its end", () => expect(graceOf({ leftAt }, prune, at(60))).toBeUndefined());
  it("is as long as the policy now says", () =>
    expect(graceOf({ leftAt }, { ...prune, graceMs: 10_000 }, at(20))).toBeUndefined());
  it("is none where the whole graph goes", () =>
    expect(graceOf({ leftAt }, undefined, at(0))).toBeUndefined());
  it("is none where the policy had none when it left", () =>
    expect(graceOf({}, prune, at(0))).toBeUndefined());
});

it.each([
  ["nothing", {}, {}, undefined],
  ["its policy", { protect: true }, {}, "its apply policy protects it"],
  ["its annotation", {}, { protected: true }, "its annotation kubenova.io/protect protects it"],
  ["reconcile: disabled", {}, { disabled: true }, "its annotation kubenova.io/reconcile is 'disabled'"],
])("an object is protected by %s", (_, held, seen, why) =>
  expect(whyNever(held, { protected: false, disabled: false, ...seen })).toBe(why),
);

it("what is kept is looked at ever more rarely, and within 5 minutes", () =>
  expect([0, 1, 2, 50].map(keptForMs)).toEqual([5_000, 10_000, 20_000, 300_000]));
