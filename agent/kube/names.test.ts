import { describe, expect, it } from "vitest";
import {
  groupKind,
  isDnsLabel,
  isDnsSubdomain,
  isPathSegment,
  objectKey,
  parseType,
  refOf,
  refString,
} from "./names.ts";

describe("kinds and references as text", () => {
  it("parses the core group and a named one", () => {
    expect(parseType({ apiVersion: "v1", kind: "Pod" })).toEqual({ group: "", version: "v1", kind: "Pod" });
    expect(parseType({ apiVersion: "apps/v1", kind: "Deployment" })).toEqual({
      group: "apps",
      version: "v1",
      kind: "Deployment",
    });
  });

  it("names one object the same at every version of its API", () => {
    const at = (apiVersion: string) =>
      refString({ apiVersion, kind: "CronJob", namespace: "shop", name: "bill" });
    expect(at("batch/v1")).toBe("CronJob.batch/shop/bill");
    expect(at("batch/v1beta1")).toBe(at("batch/v1"));
    expect(groupKind({ apiVersion: "v1", kind: "ConfigMap" })).toBe("ConfigMap");
  });

  it("leaves the namespace out for cluster-scoped objects", () => {
    const object = { apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } };
    expect(refOf(object)).toEqual({ apiVersion: "v1", kind: "Namespace", name: "shop" });
    expect(refString(refOf(object))).toBe("Namespace/shop");
    expect(objectKey(object)).toBe("shop");
    expect(objectKey({ metadata: { name: "web", namespace: "shop" } })).toBe("shop/web");
  });
});

describe("names", () => {
  it.each([
    ["web", true],
    ["a".repeat(63), true],
    ["a".repeat(64), false],
    ["", false],
    ["-web", false],
    ["web-", false],
    ["Web", false],
    ["we.b", false],
  ])("label %s: %s", (name, valid) => {
    expect(isDnsLabel(name)).toBe(valid);
  });

  it.each([
    ["apps.kubenova.io", true],
    ["a..b", false],
    [`${"a".repeat(250)}.ab`, true],
    [`${"a".repeat(251)}.ab`, false],
  ])("subdomain %s: %s", (name, valid) => {
    expect(isDnsSubdomain(name)).toBe(valid);
  });

  it.each([
    ["system:admin", true],
    ["..", false],
    [".", false],
    ["a/b", false],
    ["a%2fb", false],
    ["", false],
  ])("path segment %s: %s", (name, valid) => {
    expect(isPathSegment(name)).toBe(valid);
  });
});
