import { expect, it } from "vitest";
import { bounded } from "./bound.ts";

it("a status with a long message and many nodes is cut to what a frame takes", () => {
  const node = { id: "n", kind: "ConfigMap", name: "n", state: "Failed", message: "y".repeat(5_000) };
  const status = bounded({
    key: "release/x",
    revision: 1,
    phase: "Failed",
    message: "x".repeat(5_000),
    nodes: Array.from({ length: 200 }, () => node),
  });
  expect(status?.message).toHaveLength(1_024);
  expect(status?.nodes).toHaveLength(50);
  expect(status?.nodes?.[0]?.message).toHaveLength(1_024);
});

it("violations are cut to the worst, and what went wrong in rendering to what a frame takes", () => {
  const violation = { path: "p".repeat(5_000), message: "m", severity: "Warn", policy: "limits" } as const;
  const status = bounded({
    key: "release/x",
    revision: 1,
    phase: "Failed",
    violations: [...Array.from({ length: 200 }, () => violation), { ...violation, severity: "Deny" }],
    render: { errors: Array.from({ length: 50 }, () => ({ message: "x".repeat(5_000), line: 3 })) },
  });
  expect(status?.violations).toHaveLength(20);
  expect(status?.violations?.[0]).toMatchObject({ severity: "Deny", path: "p".repeat(1_024) });
  expect(status?.render?.errors).toHaveLength(10);
  expect(status?.render?.errors?.[0]).toEqual({ message: "x".repeat(1_024), line: 3 });
});

it("one that cannot be made to fit is dropped", () => {
  expect(bounded({ key: "k", revision: -1, phase: "Ready" })).toBeUndefined();
  expect(bounded({ key: "k", revision: 1, phase: "Ready", since: "yesterday" })).toBeUndefined();
});
