import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { until } from "../../test/lib/until.ts";
import {
  API,
  app,
  awaitPhase,
  configMap,
  isGone,
  namespaceOf,
  project,
  raw,
  readyProject,
  statusOf,
} from "../../test/operator/fixture.ts";
import { type OperatorFixture, operatorFixture } from "../../test/operator/operator-fixture.ts";
import type { Kube, KubeObject } from "../kube/index.ts";

const name = `limits${Date.now().toString(36)}`;
let fixture: OperatorFixture;
let kube: Kube;
let namespace: string;

beforeAll(async () => {
  fixture = await operatorFixture();
  kube = fixture.kube;
  await fixture.start();
  namespace = await readyProject(kube, name);
});
afterAll(() => fixture?.close());

const small = (revision = 1) => app({ project: name, name: "ids", source: raw(configMap("ids")), revision });
const withSpec = (object: KubeObject, spec: object): KubeObject => ({
  ...object,
  spec: { ...(object.spec as object), ...spec },
});

describe("the definitions refuse", () => {
  it.each([
    ["another release id", { releaseId: "rel_2" }, "releaseId never changes"],
    [
      "a source of two kinds",
      { source: { raw: { manifests: [configMap("a")] }, image: { image: "a:1" } } },
      "exactly one",
    ],
    ["a source of no kind", { source: {} }, "exactly one"],
    ["a spec without its app", { app: undefined }, "spec.app"],
  ])("%s", async (_, spec, message) => {
    await kube.apply(small(), { force: true });
    await expect(kube.apply(withSpec(small(), spec), { force: true })).rejects.toThrow(message);
  });
});

describe("sizes", () => {
  it("an app with a thousand objects and nearly 1 MiB of manifests fits, with its graph and its inventory", async () => {
    const filler = "x".repeat(820);
    const manifests = Array.from({ length: 1_000 }, (_, n) => configMap(`big-${n}`, { filler }));
    const big = app({ project: name, name: "big", source: raw(...manifests) });
    const bytes = JSON.stringify(big.spec).length;
    expect(bytes).toBeGreaterThan(900_000);
    await kube.apply(big);
    const status = await awaitPhase(kube, namespace, "big", "Ready", 90_000);
    expect(status.counts).toEqual({ total: 1_000, ready: 1_000, failed: 0 });
    expect(status.nodes).toHaveLength(50);
  });
});

describe("a namespace that is deleted by hand", () => {
  it("is not held up by the apps in it, and comes back since its project wants it", async () => {
    const other = `${name}x`;
    const there = await readyProject(kube, other);
    await kube.apply(app({ project: other, name: "web", source: raw(configMap("web"), configMap("more")) }));
    await awaitPhase(kube, there, "web", "Ready");
    const ref = { apiVersion: "v1", kind: "Namespace", name: there };
    const { uid } = (await kube.get(ref)).metadata;
    await kube.delete(ref);
    await until(
      "another namespace stands in its place",
      async () => {
        const now = await kube.get(ref).catch(() => undefined);
        return now !== undefined && now.metadata.uid !== uid;
      },
      { deadlineMs: 60_000 },
    );
    await until(
      "its project is Ready",
      async () => (await statusOf(kube, "NovaProject", `acme.${other}`)).phase === "Ready",
    );
    expect(await isGone(kube, { apiVersion: API, kind: "NovaApp", namespace: there, name: "web" })).toBe(
      true,
    );
    expect(
      await isGone(kube, {
        apiVersion: "v1",
        kind: "ServiceAccount",
        namespace: there,
        name: "kubenova-applier",
      }),
    ).toBe(false);
  });
});

describe("an environment that leaves its project", () => {
  it("keeps its applier until its last app has gone, then loses it, and keeps its namespace", async () => {
    const other = `${name}y`;
    const there = await readyProject(kube, other);
    const applier = { apiVersion: "v1", kind: "ServiceAccount", namespace: there, name: "kubenova-applier" };
    await kube.apply(app({ project: other, name: "web", source: raw(configMap("web")) }));
    await awaitPhase(kube, there, "web", "Ready");
    await kube.apply(project(other, ["next"]), { force: true });
    const next = { ...applier, namespace: namespaceOf(other, "next") };
    await until("the next environment is there", async () => !(await isGone(kube, next)));
    expect(await isGone(kube, applier)).toBe(false);
    await kube.delete({ apiVersion: API, kind: "NovaApp", namespace: there, name: "web" });
    await until("its applier has gone", () => isGone(kube, applier));
    expect(await isGone(kube, { apiVersion: "v1", kind: "ConfigMap", namespace: there, name: "web" })).toBe(
      true,
    );
    const left = await kube.get({ apiVersion: "v1", kind: "Namespace", name: there });
    expect(left.metadata.deletionTimestamp).toBeUndefined();
  });
});

describe("an adopted namespace", () => {
  it("is waited for, never written, and outlives its project as it was", async () => {
    const other = `${name}z`;
    const there = namespaceOf(other);
    const ref = { apiVersion: "v1", kind: "Namespace", name: there };
    const adopting = project(other);
    const { environments } = adopting.spec as { environments: object[] };
    await kube.apply({
      ...adopting,
      spec: {
        ...(adopting.spec as object),
        environments: environments.map((one) => ({ ...one, adopted: true })),
      },
    });
    const status = () => statusOf(kube, "NovaProject", `acme.${other}`);
    await until(
      "it says what it waits for",
      async () => (await status()).message?.includes("to exist") === true,
    );
    const made = await kube.create(
      { apiVersion: "v1", kind: "Namespace", metadata: { name: there } },
      { fieldManager: "kubectl" },
    );
    await until("it is Ready", async () => (await status()).phase === "Ready");
    await kube.apply(app({ project: other, name: "web", source: raw(configMap("web")) }));
    await awaitPhase(kube, there, "web", "Ready");
    await kube.delete({ apiVersion: API, kind: "NovaApp", namespace: there, name: "web" });
    await kube.delete({ apiVersion: API, kind: "NovaProject", name: `acme.${other}` });
    await until("the project is gone", () =>
      isGone(kube, { apiVersion: API, kind: "NovaProject", name: `acme.${other}` }),
    );
    const { labels, annotations, uid } = (await kube.get(ref)).metadata;
    expect({ labels, annotations, uid }).toEqual({
      labels: made.metadata.labels,
      annotations: made.metadata.annotations,
      uid: made.metadata.uid,
    });
  });
});
