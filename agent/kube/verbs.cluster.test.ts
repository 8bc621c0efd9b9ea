import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { configMap as configMapIn, type Fixture, kubeFixture } from "../../test/kube/fixture.ts";
import type { Kube } from "./index.ts";

const namespace = "kube-verbs";
let fixture: Fixture;
let kube: Kube;
beforeAll(async () => {
  fixture = await kubeFixture(namespace);
  kube = fixture.kube;
});
afterAll(() => fixture?.close());

const configMap = (name: string, data?: Record<string, string>) => configMapIn(namespace, name, data);
const refTo = (name: string) => ({ apiVersion: "v1", kind: "ConfigMap", namespace, name });

describe("the other verbs", () => {
  it("create, replace with optimistic concurrency, patch both ways", async () => {
    const created = await kube.create(configMap("verbs"));
    await expect(kube.create(configMap("verbs"))).rejects.toMatchObject({ kind: "alreadyExists" });
    await kube.patch(refTo("verbs"), { data: { b: "2" } });
    await expect(kube.replace({ ...created, data: {} })).rejects.toMatchObject({ kind: "conflict" });
    const operations = [{ op: "remove", path: "/data/a" }];
    expect((await kube.patch(refTo("verbs"), operations, { type: "json" })).data).toEqual({ b: "2" });
  });

  it("delete only the object that was meant, and say where a finalizer holds it", async () => {
    const { metadata } = await kube.apply({
      ...configMap("held"),
      metadata: { name: "held", namespace, finalizers: ["client.test/hold"] },
    });
    const wrong = { uid: "00000000-0000-0000-0000-000000000000" };
    await expect(kube.delete(refTo("held"), { preconditions: wrong })).rejects.toMatchObject({
      kind: "conflict",
    });
    expect(await kube.delete(refTo("held"), { dryRun: true })).toBeDefined();
    const held = await kube.delete(refTo("held"), { preconditions: { uid: metadata.uid } });
    expect(held).toMatchObject({
      gone: false,
      object: { metadata: { deletionTimestamp: expect.any(String) } },
    });
    await kube.patch(refTo("held"), { metadata: { finalizers: null } });
    await expect(kube.delete(refTo("held"))).rejects.toMatchObject({ kind: "notFound" });
  });

  it("list page by page at one version, with their kind on each item", async () => {
    await Promise.all(Array.from({ length: 25 }, (_, n) => kube.apply(configMap(`page-${n}`))));
    const type = { apiVersion: "v1", kind: "ConfigMap" };
    const { items } = await kube.listAll(type, { namespace, limit: 10 });
    expect(items.filter((item) => item.metadata.name.startsWith("page-"))).toHaveLength(25);
    expect(items.every((item) => item.kind === "ConfigMap" && item.apiVersion === "v1")).toBe(true);
  });

  it("know the cluster", async () => {
    expect(await kube.serverVersion()).toMatchObject({ major: 1, minor: expect.any(Number) });
    expect(await kube.kubeSystemUid()).toMatch(/^[0-9a-f-]{36}$/);
  });
});
