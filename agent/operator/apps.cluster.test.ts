import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { until } from "../../test/lib/until.ts";
import {
  API,
  app,
  awaitPhase,
  configMap,
  isGone,
  namespaceOf,
  project,
  type RunningOperator,
  raw,
  readyProject,
  statusOf,
} from "../../test/operator/fixture.ts";
import { type OperatorFixture, operatorFixture } from "../../test/operator/operator-fixture.ts";
import type { Kube, LiveObject } from "../kube/index.ts";

const name = `apps${Date.now().toString(36)}`;
let fixture: OperatorFixture;
let kube: Kube;
let operator: RunningOperator;
let namespace: string;

beforeAll(async () => {
  fixture = await operatorFixture();
  kube = fixture.kube;
  operator = await fixture.start();
  namespace = await readyProject(kube, name);
});
afterAll(() => fixture?.close());
beforeEach(() => {
  operator.requests.length = 0;
});

const refOf = (kind: string, of: string, apiVersion = "v1") => ({ apiVersion, kind, namespace, name: of });
const deploy = (input: Parameters<typeof app>[0]) => kube.apply(app(input), { force: true });
const nodeOf = (status: { nodes?: { name: string; state: string; message?: string }[] }, of: string) =>
  status.nodes?.find((node) => node.name === of);

describe("an app", () => {
  it("of one ConfigMap costs four writes of the operator, and no event", async () => {
    await deploy({ project: name, name: "small", source: raw(configMap("small")) });
    const status = await awaitPhase(kube, namespace, "small", "Ready");
    expect(status.counts).toEqual({ total: 1, ready: 1, failed: 0 });
    const writes = () => operator.writes().filter(({ auditId }) => auditId?.startsWith("cor-small-1-"));
    await until("their answers are here", () => writes().length >= 4);
    expect(writes().map(({ verb, resource }) => `${verb} ${resource}`)).toEqual([
      "apply resourcegraphs.kubenova.io",
      "apply configmaps",
      expect.stringMatching(/^patch (resourcegraphs|novaapps).kubenova.io$/),
      expect.stringMatching(/^patch (resourcegraphs|novaapps).kubenova.io$/),
    ]);
  });

  it("makes objects that say whose they are", async () => {
    const live = await kube.get(refOf("ConfigMap", "small"));
    expect(live.metadata.labels).toEqual({
      "app.kubernetes.io/managed-by": "kubenova",
      "kubenova.io/tenant": "acme",
      "kubenova.io/project": name,
      "kubenova.io/environment": "prod",
      "kubenova.io/app": "small",
    });
    expect(live.metadata.annotations).toMatchObject({ "kubenova.io/graph": `${namespace}/app-small` });
  });

  it("from an image becomes a Deployment in the order of its needs, applied as the applier", async () => {
    const image = {
      image: "registry.test/web:1",
      ports: [{ name: "http", port: 8080 }],
      files: [{ path: "/a", content: "1" }],
    };
    await deploy({ project: name, name: "web", source: { image } });
    await until("it is stored", async () => !(await isGone(kube, refOf("Deployment", "web", "apps/v1"))));
    const order = () =>
      operator
        .writes()
        .filter(({ verb }) => verb === "apply")
        .map(({ resource }) => resource);
    await until("the Service is stored too", () => order().includes("services"));
    expect(order().indexOf("deployments.apps")).toBeGreaterThan(order().indexOf("configmaps"));
    expect(order().indexOf("deployments.apps")).toBeGreaterThan(order().indexOf("serviceaccounts"));
    await awaitPhase(kube, namespace, "web", "Progressing");
  });

  it("that has not changed is not written again when it comes again", async () => {
    await deploy({ project: name, name: "small", source: raw(configMap("small")), revision: 2 });
    await until("the manager is told of revision 2", () =>
      operator.statuses.some(
        ({ revision, phase, key }) => revision === 2 && phase === "Ready" && key.includes("SMALL"),
      ),
    );
    expect(operator.writes().filter(({ resource }) => resource === "configmaps")).toEqual([]);
  });
});

describe("failures", () => {
  it("of one object leave its fifty siblings alone", async () => {
    const good = Array.from({ length: 50 }, (_, n) => configMap(`many-${n}`));
    const bad = {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "bad" },
      spec: { ports: [{ port: 99999 }] },
    };
    await deploy({ project: name, name: "many", source: raw(...good, bad) });
    const status = await awaitPhase(kube, namespace, "many", "Failed");
    await until("the fifty are there", async () => {
      const { items } = await kube.list(
        { apiVersion: "v1", kind: "ConfigMap" },
        { namespace, labelSelector: "kubenova.io/app=many" },
      );
      return items.length === 50;
    });
    expect(nodeOf(status, "bad")?.message).toContain("99999");
    await until(
      "they are counted",
      async () => (await statusOf(kube, "NovaApp", "many", namespace)).counts?.ready === 50,
    );
  });

  it("a ClusterRole and another namespace in raw manifests are refused by the API server", async () => {
    const role = {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRole",
      metadata: { name: `${name}-evil` },
      rules: [],
    };
    const elsewhere = { ...configMap("evil"), metadata: { name: "evil", namespace: "kube-system" } };
    await deploy({ project: name, name: "evil", source: raw(role, elsewhere, configMap("innocent")) });
    const status = await awaitPhase(kube, namespace, "evil", "Failed");
    expect(nodeOf(status, `${name}-evil`)?.message).toContain('cannot patch resource "clusterroles"');
    expect(await isGone(kube, { ...role, name: `${name}-evil` })).toBe(true);
    expect(
      await isGone(kube, { apiVersion: "v1", kind: "ConfigMap", namespace: "kube-system", name: "evil" }),
    ).toBe(true);
    expect(await isGone(kube, refOf("ConfigMap", "innocent"))).toBe(false);
  });

  it("a graph outside the system namespace may not act as the agent", async () => {
    const graph = {
      apiVersion: API,
      kind: "ResourceGraph",
      metadata: { name: "climber", namespace },
      spec: { applyAs: { kind: "Agent" }, nodes: [{ id: "a", object: configMap("climbed") }] },
    };
    await kube.apply(graph);
    const refused = async () => {
      const { status } = (await kube.get({
        apiVersion: API,
        kind: "ResourceGraph",
        namespace,
        name: "climber",
      })) as LiveObject & { status?: { phase?: string; message?: string } };
      return status?.phase === "Failed" && status.message?.includes("may not act as the agent") === true;
    };
    await until("it is refused", refused);
    expect(await isGone(kube, refOf("ConfigMap", "climbed"))).toBe(true);
    await kube.delete({ apiVersion: API, kind: "ResourceGraph", namespace, name: "climber" });
  });

  it("an object that somebody else made is not taken over, and is when it goes", async () => {
    await kube.create(configMapIn("taken"), { fieldManager: "kubectl" });
    await deploy({ project: name, name: "taker", source: raw(configMap("taken", { a: "ours" })) });
    const status = await awaitPhase(kube, namespace, "taker", "Failed");
    expect(nodeOf(status, "taken")).toMatchObject({
      state: "Refused",
      message: expect.stringContaining("not made by this graph"),
    });
    expect((await kube.get(refOf("ConfigMap", "taken"))).data).toEqual({ a: "1" });
    await kube.delete(refOf("ConfigMap", "taken"));
    await awaitPhase(kube, namespace, "taker", "Ready");
  });

  it("a field that another manager holds is reported with the manager and the field", async () => {
    await deploy({ project: name, name: "shared", source: raw(configMap("shared", { a: "1" })) });
    await awaitPhase(kube, namespace, "shared", "Ready");
    await kube.apply(configMapIn("shared", { b: "theirs" }), { fieldManager: "somebody" });
    await deploy({
      project: name,
      name: "shared",
      source: raw(configMap("shared", { a: "1", b: "ours" })),
      revision: 2,
    });
    const status = await awaitPhase(kube, namespace, "shared", "Failed");
    expect(nodeOf(status, "shared")?.message).toContain("somebody (.data.b)");
  });
});

const configMapIn = (of: string, data?: Record<string, string>) => ({
  ...configMap(of, data),
  metadata: { name: of, namespace },
});

describe("what stands in the cluster", () => {
  it("is set back when somebody changes a field of ours, and made again when it is deleted", async () => {
    await deploy({ project: name, name: "drift", source: raw(configMap("drift")) });
    await awaitPhase(kube, namespace, "drift", "Ready");
    await kube.patch(
      refOf("ConfigMap", "drift"),
      { data: { a: "hacked", extra: "theirs" } },
      { fieldManager: "kubectl-edit" },
    );
    await until(
      "it is set back",
      async () => ((await kube.get(refOf("ConfigMap", "drift"))).data as { a: string }).a === "1",
      { deadlineMs: 3_000 },
    );
    expect((await kube.get(refOf("ConfigMap", "drift"))).data).toEqual({ a: "1", extra: "theirs" });
    await kube.delete(refOf("ConfigMap", "drift"));
    await until("it is back", async () => !(await isGone(kube, refOf("ConfigMap", "drift"))), {
      deadlineMs: 3_000,
    });
  });

  it("is pruned when it leaves the app, but not where somebody else's object has its name now", async () => {
    await deploy({
      project: name,
      name: "shrink",
      source: raw(configMap("stay"), configMap("leave"), configMap("foreign")),
    });
    await awaitPhase(kube, namespace, "shrink", "Ready");
    const { annotations = {} } = (await kube.get(refOf("ConfigMap", "foreign"))).metadata;
    await kube.patch(refOf("ConfigMap", "foreign"), {
      metadata: { annotations: Object.fromEntries(Object.keys(annotations).map((key) => [key, null])) },
    });
    await operator.stop();
    await kube.delete(refOf("ConfigMap", "foreign"));
    await kube.create(configMapIn("foreign", { a: "theirs" }), { fieldManager: "kubectl" });
    operator = await fixture.start();
    await deploy({ project: name, name: "shrink", source: raw(configMap("stay")), revision: 2 });
    await until("what left is gone", () => isGone(kube, refOf("ConfigMap", "leave")));
    await awaitPhase(kube, namespace, "shrink", "Ready");
    expect((await kube.get(refOf("ConfigMap", "foreign"))).data).toEqual({ a: "theirs" });
    const ref = { apiVersion: API, kind: "ResourceGraph", namespace, name: "app-shrink" };
    const held = async () =>
      ((await kube.get(ref)) as LiveObject & { status: { inventory: object[] } }).status.inventory;
    await until("only what stays is in the inventory", async () => (await held()).length === 1);
  });

  it("goes with its app before the app goes, dependants first", async () => {
    const image = { image: "registry.test/web:1", files: [{ path: "/a", content: "1" }] };
    await deploy({ project: name, name: "going", source: { image } });
    await until("it is stored", async () => !(await isGone(kube, refOf("Deployment", "going", "apps/v1"))));
    operator.requests.length = 0;
    await kube.delete({ apiVersion: API, kind: "NovaApp", namespace, name: "going" });
    await until("the app is gone", () =>
      isGone(kube, { apiVersion: API, kind: "NovaApp", namespace, name: "going" }),
    );
    for (const [kind, of, api] of [
      ["Deployment", "going", "apps/v1"],
      ["ConfigMap", "going-files", "v1"],
      ["ServiceAccount", "going", "v1"],
    ] as const)
      expect(await isGone(kube, refOf(kind, of, api))).toBe(true);
    const deleted = operator
      .writes()
      .filter(({ verb }) => verb === "delete")
      .map(({ resource }) => resource);
    expect(deleted.slice(0, 2)).toEqual(["resourcegraphs.kubenova.io", "deployments.apps"]);
  });

  it("a project that goes waits for its apps, and leaves its namespace without our mark", async () => {
    const other = `${name}x`;
    const there = await readyProject(kube, other);
    await kube.apply(app({ project: other, name: "last", source: raw(configMap("last")) }));
    await awaitPhase(kube, there, "last", "Ready");
    await kube.delete({ apiVersion: API, kind: "NovaProject", name: `acme.${other}` });
    await until(
      "it says that it waits",
      async () =>
        (await statusOf(kube, "NovaProject", `acme.${other}`)).message?.includes("waits for 1 app") === true,
    );
    await kube.delete({ apiVersion: API, kind: "NovaApp", namespace: there, name: "last" });
    await until("it is gone", () =>
      isGone(kube, { apiVersion: API, kind: "NovaProject", name: `acme.${other}` }),
    );
    expect(await isGone(kube, { apiVersion: "v1", kind: "ConfigMap", namespace: there, name: "last" })).toBe(
      true,
    );
    expect(
      await isGone(kube, {
        apiVersion: "v1",
        kind: "ServiceAccount",
        namespace: there,
        name: "kubenova-applier",
      }),
    ).toBe(true);
    const left = await kube.get({ apiVersion: "v1", kind: "Namespace", name: there });
    expect(left.metadata.deletionTimestamp).toBeUndefined();
    expect(left.metadata.annotations?.["kubenova.io/graph-uid"]).toBeUndefined();
    // Restored, it finds its namespace again.
    await kube.apply(project(other));
    await until(
      "it is Ready again",
      async () => (await statusOf(kube, "NovaProject", `acme.${other}`)).phase === "Ready",
    );
    expect(namespaceOf(other)).toBe(there);
  });
});
