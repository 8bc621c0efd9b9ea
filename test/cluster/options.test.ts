import { expect, test } from "vitest";
import { UsageError } from "./errors.ts";
import { formatSwitches, type NodeType, normalize, parseSwitches } from "./options.ts";

test("a cluster has a real node and nothing special unless told", () => {
  const defaults = { node: "real", audit: false, featureGates: {}, runtimeConfig: {} };
  expect(normalize({ name: "dev" })).toEqual({ name: "dev", ...defaults });
});

test.each(["", "A", "a_b", "-a", "a-", "../x", "a".repeat(41)])("%j cannot name a cluster", (name) => {
  expect(() => normalize({ name })).toThrow(UsageError);
});

test("an unknown node type is refused with the known ones", () => {
  expect(() => normalize({ name: "a", node: "fake" as NodeType })).toThrow(/real, kwok, none/);
});

test("switches are read and written as Kubernetes' flags have them", () => {
  expect(parseSwitches("x", "A=true,b/v1=false")).toEqual({ A: true, "b/v1": false });
  expect(formatSwitches({ A: true, "b/v1": false })).toBe("A=true,b/v1=false");
});

test.each(["", "A", "A=1", "A=true,"])("%j is no list of switches", (text) => {
  expect(() => parseSwitches("x", text)).toThrow(UsageError);
});
