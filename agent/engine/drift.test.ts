import { describe, expect, it } from "vitest";
import type { Drift } from "../../protocol/resources/graph.ts";
import type { LiveObject, ManagedFieldsEntry } from "../kube/index.ts";
import { driftedFields, driftText, remember } from "./drift.ts";

const desired = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web", namespace: "ns", labels: { a: "1" } },
  spec: {
    replicas: 2,
    template: { spec: { containers: [{ name: "web", image: "web:1", ports: [{ containerPort: 80 }] }] } },
  },
};
const live = (...managedFields: ManagedFieldsEntry[]): LiveObject => ({
  ...desired,
  metadata: { ...desired.metadata, uid: "u", resourceVersion: "1", managedFields },
});
const container = 'k:{"name":"web"}';
const port = 'k:{"containerPort":80,"protocol":"TCP"}';
const all = (web: object = { ".": {}, "f:image": {}, "f:name": {}, "f:ports": ports }) => ({
  "f:metadata": { "f:labels": { "f:a": {} } },
  "f:spec": { "f:replicas": {}, "f:template": { "f:spec": { "f:containers": { [container]: web } } } },
});
const ports = { [port]: { ".": {}, "f:containerPort": {} } };
const ours = (fieldsV1: Record<string, unknown>): ManagedFieldsEntry => ({
  ...{ manager: "kubenova", operation: "Apply", fieldsV1, time: "2026-01-01T00:00:00Z" },
});
const theirs = (manager: string, fieldsV1: Record<string, unknown>, more = {}): ManagedFieldsEntry => ({
  ...{ manager, operation: "Update", fieldsV1, time: "2026-01-02T00:00:00Z", ...more },
});

describe("fields that somebody changed", () => {
  it("are none where all are ours", () => expect(driftedFields(desired, live(ours(all())))).toEqual([]));

  it("are said with who holds them, through whichever subresource", () => {
    const { "f:replicas": _, ...spec } = all()["f:spec"];
    const scaled = theirs("kubectl", { "f:spec": { "f:replicas": {} } }, { subresource: "scale" });
    expect(driftedFields(desired, live(ours({ ...all(), "f:spec": spec }), scaled))).toEqual([
      { field: ".spec.replicas", manager: "kubectl" },
    ]);
  });

  it("are found inside lists whose items have keys", () => {
    const web = { [container]: { "f:image": {} } };
    const edit = theirs("kubectl-edit", {
      "f:spec": { "f:template": { "f:spec": { "f:containers": web } } },
    });
    const left = all({ ".": {}, "f:name": {}, "f:ports": ports });
    expect(driftedFields(desired, live(ours(left), edit))).toEqual([
      { field: ".spec.template.spec.containers[name=web].image", manager: "kubectl-edit" },
    ]);
  });

  it("are removed where nobody holds them", () => {
    const left = { ...all(), "f:metadata": {} };
    expect(driftText(driftedFields(desired, live(ours({ "f:spec": left["f:spec"] }))))).toBe(
      ".metadata.labels.a (removed)",
    );
  });

  it("are one where a list is one value", () => {
    const bound = { ...desired, spec: { accessModes: ["ReadWriteOnce"], rules: [{ a: 1 }, { a: 2 }] } };
    const fields = { "f:metadata": all()["f:metadata"], "f:spec": { "f:accessModes": {} } };
    const edit = theirs("edit", { "f:spec": { "f:rules": {} } });
    expect(driftedFields(bound, live(ours(fields), edit))).toEqual([
      { field: ".spec.rules", manager: "edit" },
    ]);
  });

  it("name the newest of several holders", () => {
    const old = theirs("old", { "f:spec": { "f:replicas": {} } }, { time: "2025-01-01T00:00:00Z" });
    const now = theirs("now", { "f:spec": { "f:replicas": {} } });
    const { "f:replicas": _, ...spec } = all()["f:spec"];
    expect(driftedFields(desired, live(ours({ ...all(), "f:spec": spec }), old, now))[0]?.manager).toBe(
      "now",
    );
  });
});

describe("the drifts that a status remembers", () => {
  const drift = (name: string, corrected: boolean): Drift => ({
    ...{ kind: "ConfigMap", namespace: "ns", name, time: "2026-01-01T00:00:00Z", corrected, fields: [] },
  });
  it("are bounded, the newest first", () => {
    let drifts: Drift[] = [];
    for (let n = 0; n < 40; n += 1) drifts = remember(drifts, drift(`n${n}`, true));
    expect(drifts.map(({ name }) => name).slice(0, 2)).toEqual(["n39", "n38"]);
    expect(drifts).toHaveLength(16);
  });
  it("say once what goes on", () => {
    const drifts = remember(remember([], drift("a", false)), drift("a", false));
    expect(drifts).toHaveLength(1);
  });
});
