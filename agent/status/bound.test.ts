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

it("one that cannot be made to fit is dropped", () => {
  expect(bounded({ key: "k", revision: -1, phase: "Ready" })).toBeUndefined();
  expect(bounded({ key: "k", revision: 1, phase: "Ready", since: "yesterday" })).toBeUndefined();
});
