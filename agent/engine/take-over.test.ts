import { describe, expect, it } from "vitest";
import type { LiveObject, ManagedFieldsEntry } from "../kube/index.ts";
import { otherOwnerOf } from "./managed-by-others.ts";
import { DEFAULT_MANAGERS, holdersAmong, takeOverPatch } from "./take-over.ts";

const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";
const live = (managedFields: ManagedFieldsEntry[], metadata: object = {}): LiveObject => ({
  ...{ apiVersion: "v1", kind: "ConfigMap" },
  metadata: { name: "a", uid: "u", resourceVersion: "7", managedFields, ...metadata },
});
const entry = (manager: string, fields: string[], more: Partial<ManagedFieldsEntry> = {}) => ({
  ...{ manager, operation: "Update" as const, apiVersion: "v1", fieldsType: "FieldsV1" },
  ...{ time: "2026-01-01T00:00:00Z" },
  fieldsV1: { "f:data": Object.fromEntries(fields.map((field) => [`f:${field}`, {}])) },
  ...more,
});
const takenOf = (patch: Record<string, unknown>[] | undefined) =>
  patch?.find(({ path }) => path === "/metadata/managedFields")?.value as ManagedFieldsEntry[];

describe("taking the fields of managers over", () => {
  it("joins their Update and Apply entries with ours, for this version of this object alone", () => {
    const mine = entry("kubenova", ["a"], { operation: "Apply" });
    const applied = entry("kubectl", ["b"], { operation: "Apply" });
    const patch = takeOverPatch(live([mine, entry("helm", ["c"]), applied]), DEFAULT_MANAGERS);
    expect(patch?.slice(0, 2)).toEqual([
      { op: "test", path: "/metadata/uid", value: "u" },
      { op: "test", path: "/metadata/resourceVersion", value: "7" },
    ]);
    const [only, ...more] = takenOf(patch);
    expect(more).toEqual([]);
    expect(only).toMatchObject({ manager: "kubenova", operation: "Apply" });
    expect(Object.keys(only?.fieldsV1?.["f:data"] as object).sort()).toEqual(["f:a", "f:b", "f:c"]);
  });

  it("leaves subresources and managers that are not named", () => {
    const status = entry("kubectl", ["s"], { subresource: "status" });
    const other = entry("hpa", ["x"]);
    const value = takenOf(takeOverPatch(live([status, other, entry("kubectl", ["a"])]), DEFAULT_MANAGERS));
    expect(value.slice(0, 2)).toEqual([status, other]);
    expect(takeOverPatch(live([status, other]), DEFAULT_MANAGERS)).toBeUndefined();
    expect(holdersAmong(live([status, other]), DEFAULT_MANAGERS)).toEqual([]);
  });

  it("removes kubectl's record, and leaves nobody as its owner", () => {
    const fieldsV1 = { "f:metadata": { "f:annotations": { ".": {}, [`f:${LAST_APPLIED}`]: {}, "f:n": {} } } };
    const patch = takeOverPatch(
      live([entry("kubectl-client-side-apply", [], { fieldsV1 })], { annotations: { [LAST_APPLIED]: "{}" } }),
      DEFAULT_MANAGERS,
    );
    expect(patch?.at(-1)).toEqual({
      op: "remove",
      path: "/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration",
    });
    expect(takenOf(patch)[0]?.fieldsV1).toEqual({
      "f:metadata": { "f:annotations": { ".": {}, "f:n": {} } },
    });
  });

  it("takes fields that are recorded in several versions one version at a time, the newest first", () => {
    const old = entry("kubectl", ["a"], { apiVersion: "v1beta1" });
    const young = entry("helm", ["b"], { time: "2026-02-01T00:00:00Z" });
    const mine = entry("kubenova", ["c"], { operation: "Apply", apiVersion: "v2" });
    const value = takenOf(takeOverPatch(live([old, young, mine]), DEFAULT_MANAGERS));
    expect(value.map(({ manager, apiVersion }) => [manager, apiVersion])).toEqual([
      ["kubectl", "v1beta1"],
      ["kubenova", "v1"],
    ]);
  });
});

describe("whose an object of another tool is", () => {
  it.each([
    ["nobody's that we know", {}, undefined],
    ["a controller's", { ownerReferences: [owner("ReplicaSet", "web-1", true)] }, "replicaset:web-1"],
    ["owned, not controlled", { ownerReferences: [owner("ReplicaSet", "web-1", false)] }, undefined],
    [
      "a HelmRelease's, though Helm marked it too",
      {
        labels: { "helm.toolkit.fluxcd.io/name": "r", "helm.toolkit.fluxcd.io/namespace": "n" },
        annotations: { "meta.helm.sh/release-name": "r", "meta.helm.sh/release-namespace": "n" },
      },
      "flux-helmrelease:n/r",
    ],
  ])("%s", (_, metadata, expected) => expect(otherOwnerOf(live([], metadata))).toBe(expected));
});

function owner(kind: string, name: string, controller: boolean) {
  return { apiVersion: "apps/v1", kind, name, uid: "o", controller };
}
