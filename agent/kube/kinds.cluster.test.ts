import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { configMap as configMapIn, crd, type Fixture, kubeFixture } from "../../test/kube/fixture.ts";
import { until } from "../../test/lib/until.ts";
import { isKind, type Kube } from "./index.ts";

const namespace = "kube-kinds";
let fixture: Fixture;
let kube: Kube;
beforeAll(async () => {
  fixture = await kubeFixture(namespace);
  kube = fixture.kube;
});
afterAll(() => fixture?.close());

const configMap = (name: string, data?: Record<string, string>) => configMapIn(namespace, name, data);
const refTo = (name: string) => ({ apiVersion: "v1", kind: "ConfigMap", namespace, name });

describe("kinds", () => {
  it("come and go with their CRD, without a new client", async () => {
    const late = {
      apiVersion: "client.test/v1",
      kind: "Late",
      metadata: { name: "one", namespace },
      spec: {},
    };
    await expect(kube.resolve(late)).rejects.toMatchObject({ kind: "noSuchKind" });
    await kube.apply(crd("lates", "Late"));
    await until("the kind can be resolved", () =>
      kube.resolve(late).then(
        () => true,
        () => false,
      ),
    );
    expect(await kube.resolve(late)).toMatchObject({
      resource: "lates",
      namespaced: true,
      subresources: ["status"],
    });
    await until("it is served", () =>
      kube.apply(late).then(
        () => true,
        () => false,
      ),
    );
    const ref = { ...late, name: "one", namespace };
    const patched = await kube.patch(
      ref,
      { status: { phase: "x" }, spec: { size: "l" } },
      { subresource: "status" },
    );
    expect(patched).toMatchObject({ spec: { size: "s" }, status: { phase: "x" } });
    await kube.delete({
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      name: "lates.client.test",
    });
    await until("the kind is gone", async () => {
      const error = await kube.get(ref).catch((caught: unknown) => caught);
      return isKind(error, "noSuchKind");
    });
  });

  it("are invalid with a field they do not have, and too large beyond etcd's limit", async () => {
    await expect(kube.apply({ ...configMap("bad"), nope: 1 })).rejects.toMatchObject({ kind: "invalid" });
    await kube.apply(crd("bigs", "Big"));
    const metadata = { name: "big", namespace };
    const big = { apiVersion: "client.test/v1", kind: "Big", metadata, spec: { any: "x".repeat(2_000_000) } };
    await until("the kind is served", async () => {
      const error = await kube.apply(big).catch((caught: unknown) => caught);
      return !isKind(error, "noSuchKind");
    });
    await expect(kube.apply(big)).rejects.toMatchObject({ kind: "tooLarge" });
  });

  it("refuse what is put into a namespace on its way out, as something that passes", async () => {
    const name = "kube-kinds-ending";
    const ref = { apiVersion: "v1", kind: "Namespace", name };
    await kube.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
    const holder = {
      ...configMap("hold"),
      metadata: { name: "hold", namespace: name, finalizers: ["client.test/hold"] },
    };
    await kube.apply(holder);
    await kube.delete(ref);
    const late = { ...configMap("late"), metadata: { name: "late", namespace: name } };
    await expect(kube.apply(late)).rejects.toMatchObject({ kind: "terminating", retryable: true });
    await kube.patch({ ...refTo("hold"), namespace: name }, { metadata: { finalizers: null } });
  });
});
