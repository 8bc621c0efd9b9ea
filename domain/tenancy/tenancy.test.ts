import { describe, expect, it } from "vitest";
import { placementProblem } from "./placement.ts";
import { isRestorable, RESTORE_WINDOW_MS } from "./retention.ts";

const cluster = { mode: "manage", deleted: false, ownerTenantId: null, allowedTenants: null } as const;

describe("placing an environment", () => {
  it.each([
    ["an unknown cluster", undefined, "direct", "unknown"],
    ["a deleted one", { ...cluster, deleted: true }, "direct", "deleted"],
    ["one for every tenant", cluster, "direct", null],
    ["one for this tenant", { ...cluster, allowedTenants: ["ten_a"] }, "direct", null],
    ["one for others", { ...cluster, allowedTenants: ["ten_b"] }, "direct", "not-allowed"],
    ["its own", { ...cluster, ownerTenantId: "ten_a", allowedTenants: [] }, "direct", null],
    ["its own, with no list", { ...cluster, ownerTenantId: "ten_a" }, "direct", null],
    ["another tenant's, with no list", { ...cluster, ownerTenantId: "ten_b" }, "direct", "not-allowed"],
    [
      "another tenant's, for this one too",
      { ...cluster, ownerTenantId: "ten_b", allowedTenants: ["ten_a"] },
      "direct",
      null,
    ],
    ["a read-only one", { ...cluster, mode: "read-only" }, "direct", "read-only"],
    ["a read-only one, by git", { ...cluster, mode: "read-only" }, "git", null],
  ] as const)("on %s", (_name, on, delivery, problem) => {
    expect(placementProblem(on, "ten_a", delivery)).toBe(problem);
  });
});

describe("a deleted object", () => {
  it("can be restored until its window is over", () => {
    expect(isRestorable(1_000, 1_000 + RESTORE_WINDOW_MS - 1)).toBe(true);
    expect(isRestorable(1_000, 1_000 + RESTORE_WINDOW_MS)).toBe(false);
  });
});
