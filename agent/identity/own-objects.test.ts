import { describe, expect, it } from "vitest";
import type { Kube, KubeObject } from "../kube/index.ts";
import { ownObjects } from "./own-objects.ts";

const sent: string[] = [];
const answer = (verb: string) => async () => {
  sent.push(verb);
  return {};
};
const verbs = ["get", "create", "apply", "patch", "replace", "delete", "list", "request", "stream"] as const;
const kube = Object.fromEntries(verbs.map((verb) => [verb, answer(verb)])) as unknown as Kube;
const own = ownObjects(kube, "kn");

const secret = (namespace: string, name: string): KubeObject => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { namespace, name },
});

describe("the client of a read-only agent's own objects", () => {
  it("writes those three by name in its own namespace", async () => {
    await own.create(secret("kn", "kubenova-agent-identity"));
    const lease = { apiVersion: "coordination.k8s.io/v1", kind: "Lease" };
    await own.replace({ ...lease, metadata: { namespace: "kn", name: "kubenova-agent" } });
    await own.apply({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { namespace: "kn", name: "kubenova-agent-state" },
    });
    expect(sent).toEqual(["create", "replace", "apply"]);
  });

  it.each([
    ["another name", () => own.create(secret("kn", "x"))],
    ["another namespace", () => own.apply(secret("default", "kubenova-agent-identity"))],
    [
      "another kind of that name",
      () => own.create({ ...secret("kn", "kubenova-agent-identity"), kind: "ConfigMap" }),
    ],
    [
      "somebody else's identity",
      () => own.apply(secret("kn", "kubenova-agent-identity"), { as: { user: "admin" } }),
    ],
    [
      "deleting",
      () =>
        own.delete({ apiVersion: "v1", kind: "Secret", namespace: "kn", name: "kubenova-agent-identity" }),
    ],
    ["listing", () => own.list({ apiVersion: "v1", kind: "Secret" })],
    ["a path", () => own.request({ method: "POST", path: "/api/v1/namespaces" })],
  ])("refuses %s before anything is sent", async (_name, attempt) => {
    sent.length = 0;
    await expect(attempt()).rejects.toMatchObject({ kind: "readOnly" });
    expect(sent).toEqual([]);
  });
});
