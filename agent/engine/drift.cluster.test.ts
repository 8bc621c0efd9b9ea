import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type EngineFixture, engineFixture } from "../../test/engine/engine-fixture.ts";
import { exists, nodeOf, type RunningEngine } from "../../test/engine/graphs.ts";
import { configMap } from "../../test/kube/fixture.ts";
import { until } from "../../test/lib/until.ts";
import type { Kube, KubeObject, LiveObject } from "../kube/index.ts";

const namespace = `drift-${Date.now().toString(36)}`;
const MANAGED_BY = "app.kubernetes.io/managed-by";
let fixture: EngineFixture;
let kube: Kube;
let engine: RunningEngine;
let graphs: EngineFixture["graphs"];
let name: string;
let made = 0;

beforeAll(async () => {
  fixture = await engineFixture(namespace);
  ({ kube, graphs } = fixture);
  engine = await fixture.start();
});
beforeEach(async () => {
  made += 1;
  name = `d${made}`;
  await graphs.put(name, [nodeOf(map())]);
  await graphs.ready(name);
  engine.events.length = 0;
  engine.requests.length = 0;
});
afterEach(async () => {
  await graphs.remove(name);
  await graphs.gone(name);
});
afterAll(() => fixture?.close());

const map = (data: Record<string, string> = { a: "1" }): KubeObject => configMap(namespace, name, data);
const refTo = () => ({ apiVersion: "v1", kind: "ConfigMap", namespace, name });
const live = () => kube.get(refTo());
/** As `kubectl edit` writes. */
const edit = (patch: object) => kube.patch(refTo(), patch, { fieldManager: "kubectl-edit" });
const dataIs = (a: string) => async () => (await live()).data !== undefined && dataOf(await live()) === a;
const dataOf = ({ data }: LiveObject): string | undefined => (data as { a?: string }).a;
/** Graphs of other tests may still be on their way out. */
const writesOfOurs = () => engine.writes().filter(({ resource }) => resource === "configmaps");
const driftOf = async () =>
  (await graphs.awaitStatus(name, "says what drifted", ({ drift = [] }) => drift.length > 0)).drift?.[0];

describe("a field that somebody changed", () => {
  it("is set back, and said by field and manager: in the status, in an event and in the metrics", async () => {
    await edit({ data: { a: "2" } });
    await until("it is set back", dataIs("1"));
    expect(await driftOf()).toMatchObject({
      ...{ kind: "ConfigMap", name, corrected: true },
      fields: [{ field: ".data.a", manager: "kubectl-edit" }],
    });
    const events = engine.events.filter(({ reason }) => reason === "Drifted");
    expect(events.map(({ note }) => note)).toEqual([`ConfigMap ${name}: .data.a (kubectl-edit); set back`]);
    expect(engine.metrics.text()).toMatch(/kubenova_engine_drift_total\{result="corrected"\} [1-9]/);
  });

  it("is only reported where the graph says so, unless its node says otherwise", async () => {
    const other = { ...configMap(namespace, `${name}-other`) };
    const policy = { applyPolicy: { drift: "Correct" as const } };
    await graphs.put(name, [nodeOf(map()), nodeOf(other, policy)], { drift: "Report" });
    await graphs.awaitStatus(name, "has both", ({ counts }) => counts?.ready === 2);
    await edit({ data: { a: "2" } });
    await kube.patch({ ...refTo(), name: `${name}-other` }, { data: { a: "2" } }, { fieldManager: "x" });
    const node = await graphs.node(name, name, "Drifted");
    expect(node?.message).toContain(".data.a (kubectl-edit)");
    await until("the other one is set back", async () => {
      return dataOf(await kube.get({ ...refTo(), name: `${name}-other` })) === "1";
    });
    expect((await graphs.ready(name)).counts).toEqual({ total: 2, ready: 2, failed: 0 });
    expect(dataOf(await live())).toBe("2");
    // What the person undoes is no drift any more.
    await graphs.put(name, [nodeOf(map()), nodeOf(other, policy)]);
    await until("it is set back", dataIs("1"));
  });
});

describe("fields that are others'", () => {
  const deployment = (): KubeObject => ({
    ...{ apiVersion: "apps/v1", kind: "Deployment", metadata: { name, namespace, labels: { tier: "1" } } },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: "web", image: "web:1" }] },
      },
    },
  });
  const ref = () => ({ apiVersion: "apps/v1", kind: "Deployment", namespace, name });
  const replicas = async () => ((await kube.get(ref())).spec as { replicas: number }).replicas;
  /** After what is nobody's drift comes one that is: by then the former would have been set back. */
  /** As the newest version of the graph wants it, and recorded: what changes it from then on is drift. */
  const made = () =>
    graphs.awaitStatus(name, "has made it", ({ inventory = [], nodes = [] }) => {
      const held = inventory.find(({ kind }) => kind === "Deployment");
      return (
        held?.uid !== undefined &&
        nodes.some(({ kind, hash }) => kind === "Deployment" && hash === held.applied)
      );
    });
  const andThenDrift = async () => {
    await kube.patch(ref(), { metadata: { labels: { tier: "2" } } }, { fieldManager: "kubectl-label" });
    const drift = await graphs.awaitStatus(
      name,
      "says the other drift",
      (status) => (status.drift ?? []).length > 0,
    );
    expect(drift.drift?.map(({ fields }) => fields)).toEqual([
      [{ field: ".metadata.labels.tier", manager: "kubectl-label" }],
    ]);
    expect((await kube.get(ref())).metadata.labels?.tier).toBe("1");
  };

  it("the replicas that an autoscaler sets stay", async () => {
    const autoscaler: KubeObject = {
      ...{ apiVersion: "autoscaling/v2", kind: "HorizontalPodAutoscaler", metadata: { name, namespace } },
      spec: {
        scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name },
        ...{ minReplicas: 3, maxReplicas: 9, metrics: [] },
      },
    };
    await graphs.put(name, [nodeOf(deployment())]);
    await made();
    await kube.create(autoscaler, { fieldManager: "a-person" });
    const scale = { subresource: "scale", fieldManager: "kube-controller-manager" };
    await kube.patch(ref(), { spec: { replicas: 5 } }, scale);
    await andThenDrift();
    expect(await replicas()).toBe(5);
    await kube.delete({ apiVersion: autoscaler.apiVersion, kind: autoscaler.kind, namespace, name });
  });

  it("ignored fields stay", async () => {
    const applyPolicy = { ignoreFields: ["/spec/replicas"] };
    await graphs.put(name, [nodeOf(deployment(), { applyPolicy })]);
    await made();
    await kube.patch(ref(), { spec: { replicas: 7 } }, { fieldManager: "kubectl-edit" });
    await andThenDrift();
    expect(await replicas()).toBe(7);
  });
});

describe("an object that its watch calls deleted", () => {
  it("is asked for by name, and has only lost its label: it is labelled again, and none made in its place", async () => {
    const { uid } = (await live()).metadata;
    await edit({ metadata: { labels: { [MANAGED_BY]: null } } });
    await until("it is labelled again", async () => (await live()).metadata.labels?.[MANAGED_BY]);
    expect((await live()).metadata.uid).toBe(uid);
    const ours = engine.requests.filter(({ resource }) => resource === "configmaps");
    expect(ours.find(({ verb }) => verb === "get" || verb === "apply")?.verb).toBe("get");
    expect(ours.filter(({ verb, status }) => verb === "apply" && status === 409)).toEqual([]);
  });

  it("is made anew where somebody deleted it, and that is said", async () => {
    const { uid } = (await live()).metadata;
    await kube.delete(refTo());
    await until(
      "it is there again",
      async () => (await exists(kube, refTo())) && (await live()).metadata.uid !== uid,
    );
    await until("it is said", () =>
      engine.events.some(({ note }) => note.includes("was deleted by somebody else")),
    );
  });
});

describe("a suspended graph", () => {
  it("writes nothing, sees what drifts, and sets it back when it is resumed", async () => {
    await graphs.put(name, [nodeOf(map())], { suspend: true });
    await graphs.awaitStatus(name, "is Suspended", ({ phase }) => phase === "Suspended");
    await edit({ data: { a: "2" } });
    const node = await graphs.node(name, name, "Drifted");
    expect(node?.message).toContain("kubectl-edit");
    await graphs.put(name, [nodeOf(map({ a: "3" })), nodeOf(configMap(namespace, `${name}-b`))], {
      suspend: true,
    });
    const { phase } = await graphs.awaitStatus(
      name,
      "says that it is not applied",
      ({ nodes = [] }) => nodes.filter(({ state }) => state === "Waiting").length === 2,
    );
    expect(phase).toBe("Suspended");
    expect(writesOfOurs()).toEqual([]);
    expect(dataOf(await live())).toBe("2");
    await graphs.put(name, [nodeOf(map())]);
    await graphs.ready(name);
    expect(dataOf(await live())).toBe("1");
  });

  it("prunes nothing", async () => {
    await graphs.put(name, [], { suspend: true });
    await graphs.awaitStatus(name, "is Suspended", ({ phase }) => phase === "Suspended");
    expect(writesOfOurs()).toEqual([]);
    expect(await exists(kube, refTo())).toBe(true);
  });
});

it("an object whose annotation disables reconciling is left alone until it is taken off", async () => {
  await edit({ metadata: { annotations: { "kubenova.io/reconcile": "disabled" } }, data: { a: "2" } });
  const node = await graphs.node(name, name, "Disabled");
  expect(node?.message).toContain("kubenova.io/reconcile");
  expect((await graphs.ready(name)).counts).toEqual({ total: 1, ready: 1, failed: 0 });
  expect(dataOf(await live())).toBe("2");
  await edit({ metadata: { annotations: { "kubenova.io/reconcile": null } } });
  await until("it is as the graph says", dataIs("1"));
});

it("a new value of reconcile-at sends every object once, and no value twice", async () => {
  const force = (value: string) =>
    kube.patch(
      { ...refTo(), apiVersion: "kubenova.io/v1alpha1", kind: "ResourceGraph" },
      { metadata: { annotations: { "kubenova.io/reconcile-at": value } } },
      { fieldManager: "kubectl-annotate" },
    );
  const before = (await live()).metadata.resourceVersion;
  await force("first");
  await graphs.awaitStatus(
    name,
    "has handled it",
    ({ handledReconcileAt }) => handledReconcileAt === "first",
  );
  expect(writesOfOurs().map(({ verb }) => verb)).toEqual(["apply"]);
  expect((await live()).metadata.resourceVersion).toBe(before);
  await engine.kill();
  engine = await fixture.start();
  await force("second");
  await graphs.awaitStatus(
    name,
    "has handled it",
    ({ handledReconcileAt }) => handledReconcileAt === "second",
  );
  expect(writesOfOurs().map(({ verb }) => verb)).toEqual(["apply"]);
});
