import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { GraphNode } from "../../protocol/resources/graph.ts";
import { Graphs, mapNode } from "../../test/engine/team-graphs.ts";
import { crd } from "../../test/kube/fixture.ts";
import { until } from "../../test/lib/until.ts";
import { type RunningOperator, SYSTEM } from "../../test/operator/fixture.ts";
import { type OperatorFixture, operatorFixture } from "../../test/operator/operator-fixture.ts";
import type { Kube, KubeObject } from "../kube/index.ts";

const run = Date.now().toString(36);
const namespace = `nodes-${run}`;
const MAP = { apiVersion: "v1", kind: "ConfigMap" };
const DEPLOYMENT = { apiVersion: "apps/v1", kind: "Deployment" };
let fixture: OperatorFixture;
let kube: Kube;
let operator: RunningOperator;
let graphs: Graphs;

beforeAll(async () => {
  fixture = await operatorFixture();
  kube = fixture.kube;
  operator = await fixture.start();
  graphs = await Graphs.open(kube, namespace);
});
afterAll(async () => {
  await graphs.close();
  await fixture.close();
});

const asPerson = { fieldManager: "person", force: true };
const deployment = (name: string, spec: object = {}, more: Partial<GraphNode> = {}): GraphNode => ({
  id: name,
  object: {
    ...DEPLOYMENT,
    metadata: { name },
    spec: {
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: "web", image: "web:1" }] },
      },
      ...spec,
    },
  },
  ...more,
});
const replicasOf = async (name: string) =>
  ((await graphs.live(DEPLOYMENT, name)).spec as { replicas: number }).replicas;
const appliesOf = (resource: string) =>
  operator.requests.filter((one) => one.verb === "apply" && one.resource === resource).length;

describe("an expression", () => {
  it("over the object itself and over other nodes decides when they are ready, as they change", async () => {
    const ready = (id: string) => `has(${id}.data.phase) && ${id}.data.phase == 'Up'`;
    await graphs.write("cel", [
      mapNode("base", { size: "1" }, { readyWhen: [{ type: "CEL", expression: ready("self") }] }),
      mapNode("next", {}, { dependsOn: ["base"] }),
      mapNode(
        "beside",
        {},
        {
          readyWhen: [{ type: "CEL", nodes: ["base"], expression: ready("nodes['base']") }],
        },
      ),
    ]);
    await graphs.awaitNode("cel", "base", "Progressing", "waits for has(self.data.phase)");
    await graphs.awaitNode("cel", "beside", "Progressing");
    await graphs.awaitNode("cel", "next", "Waiting");
    await kube.apply({ ...MAP, metadata: { name: "base", namespace }, data: { phase: "Up" } }, asPerson);
    await graphs.awaitReady("cel");
  });

  it.each([
    ["self.data.phase = 'Up'", [], "readyWhen[0]: line 1, column"],
    ["nodes.other.data.a == '1'", [], "which it neither depends on nor lists in the check's nodes"],
    ["nodes['late'].data.a == '1'", ["late"], "neither would ever be ready"],
  ])("that is wrong refuses the graph with the reason: %s", async (expression, nodes, says) => {
    await graphs.write("wrong", [
      mapNode("first", {}, { readyWhen: [{ type: "CEL", expression, nodes }] }),
      mapNode("other"),
      mapNode("late", {}, { dependsOn: ["first"] }),
    ]);
    await graphs.await(
      "wrong",
      says,
      ({ phase, message }) => phase === "Failed" && !!message?.includes(says),
    );
  });

  it("asks nothing of an object that the graph's own account may not read", async () => {
    const name = `private-${run}`;
    await kube.create({ ...MAP, metadata: { name, namespace: SYSTEM }, data: { password: "x" } });
    const observed: GraphNode = {
      id: "private",
      object: { ...MAP, metadata: { name, namespace: SYSTEM } },
      applyPolicy: { mode: "Observe" },
      readyWhen: [{ type: "CEL", expression: "self.data.password.startsWith('x')" }],
    };
    await graphs.write("oracle", [observed]);
    await graphs.awaitNode("oracle", "private", "Failed", "cannot be read");
  });
});

describe("a time limit", () => {
  it("makes a node Failed, which is ready all the same once it is", async () => {
    const readyWhen = [{ type: "CEL", expression: "has(self.data.done)" }];
    await graphs.write("late", [mapNode("late", { a: "1" }, { readyWhen, readyTimeoutSeconds: 1 })]);
    await graphs.awaitNode("late", "late", "Failed", "Timeout: not ready within 1 s");
    await kube.apply({ ...MAP, metadata: { name: "late", namespace }, data: { done: "1" } }, asPerson);
    await graphs.awaitReady("late");
  });
});

describe("a Deployment whose pods cannot start", () => {
  it("says so early, and goes on when they can", async () => {
    await graphs.write("pods", [deployment("pods", { replicas: 1 })]);
    const podOf = async () => {
      const { items } = await kube.list(
        { apiVersion: "v1", kind: "Pod" },
        { namespace, labelSelector: "app=pods" },
      );
      return items[0]?.metadata.name;
    };
    const name = await until("its pod is there", podOf);
    await graphs.awaitNode("pods", "pods", "Progressing", `pod ${name}`);
    const waiting = (reason: string) => ({
      containerStatuses: [
        {
          name: "web",
          image: "web:1",
          imageID: "",
          ready: false,
          restartCount: 0,
          state: { waiting: { reason } },
        },
      ],
    });
    await graphs.setStatus({ apiVersion: "v1", kind: "Pod" }, name, waiting("ImagePullBackOff"));
    await graphs.awaitNode("pods", "pods", "Failed", "container web: ImagePullBackOff");
    await graphs.setStatus({ apiVersion: "v1", kind: "Pod" }, name, waiting("ContainerCreating"));
    await graphs.awaitNode("pods", "pods", "Progressing");
  });
});

describe("an ignored field", () => {
  const readyWhen = [{ type: "Exists" }];
  it("that was applied before stays as it is, and is left to others from then on", async () => {
    await graphs.write("scaled", [deployment("scaled", { replicas: 3 }, { readyWhen })]);
    await graphs.awaitReady("scaled");
    const applyPolicy = { ignoreFields: ["/spec/replicas"] };
    await graphs.write("scaled", [deployment("scaled", { replicas: 3 }, { readyWhen, applyPolicy })]);
    await graphs.awaitReady("scaled");
    expect(await replicasOf("scaled")).toBe(3);
    const before = appliesOf("deployments.apps");
    const ref = { ...DEPLOYMENT, namespace, name: "scaled" };
    await kube.patch(ref, { spec: { replicas: 5 } }, { fieldManager: "person" });
    // What is ours is still kept so: when that is set back, all that would be has been.
    await kube.patch(
      ref,
      { metadata: { annotations: { "kubenova.io/graph": "taken" } } },
      { fieldManager: "person" },
    );
    await until("our annotation is set back", async () =>
      (await kube.get(ref)).metadata.annotations?.["kubenova.io/graph"]?.endsWith("/scaled"),
    );
    expect(await replicasOf("scaled")).toBe(5);
    expect(appliesOf("deployments.apps")).toBe(before + 1);
  });

  it("is what an autoscaler of somebody else's scales, for as long as there is one", async () => {
    await graphs.write("auto", [deployment("auto", { replicas: 1 }, { readyWhen })]);
    await graphs.awaitReady("auto");
    const autoscaler = { apiVersion: "autoscaling/v2", kind: "HorizontalPodAutoscaler" };
    await kube.apply({
      ...{ ...autoscaler, metadata: { name: "auto", namespace } },
      spec: { scaleTargetRef: { ...DEPLOYMENT, name: "auto" }, minReplicas: 3, maxReplicas: 5 },
    });
    await until("it has scaled", async () => (await replicasOf("auto")) === 3, { deadlineMs: 60_000 });
    await graphs.write("auto", [deployment("auto", { replicas: 1, minReadySeconds: 1 }, { readyWhen })]);
    await graphs.awaitReady("auto");
    expect(await replicasOf("auto")).toBe(3);
    await kube.delete({ ...autoscaler, namespace, name: "auto" });
    await graphs.write("auto", [deployment("auto", { replicas: 1, minReadySeconds: 2 }, { readyWhen })]);
    await until("the graph's own number is back", async () => (await replicasOf("auto")) === 1);
  });
});

describe("an immutable field", () => {
  const frozen = (value: string, applyPolicy?: GraphNode["applyPolicy"]): GraphNode => ({
    id: "frozen",
    object: { ...MAP, metadata: { name: "frozen" }, immutable: true, data: { value } } as GraphNode["object"],
    ...(applyPolicy ? { applyPolicy } : {}),
  });
  const uid = async () => (await graphs.live(MAP, "frozen")).metadata.uid;

  it("is refused by its name, made anew where that is asked for, and never where it is protected", async () => {
    await graphs.write("frozen", [frozen("1")]);
    await graphs.awaitReady("frozen");
    const first = await uid();
    await graphs.write("frozen", [frozen("2")]);
    await graphs.awaitNode(
      "frozen",
      "frozen",
      "Failed",
      "data of ConfigMap frozen cannot be changed; with recreate",
    );
    await graphs.write("frozen", [frozen("2", { protect: true })]);
    await graphs.awaitNode("frozen", "frozen", "Failed", "it is protected");
    expect(await uid()).toBe(first);
    await graphs.write("frozen", [frozen("2", { recreateOnImmutable: true })]);
    await graphs.awaitReady("frozen");
    expect(await uid()).not.toBe(first);
    expect((await graphs.live(MAP, "frozen")).data).toEqual({ value: "2" });
  });

  it("of a volume claim is refused, whatever is asked for", async () => {
    const claim = (size: string, storageClassName: string): GraphNode => ({
      id: "claim",
      object: {
        ...{ apiVersion: "v1", kind: "PersistentVolumeClaim", metadata: { name: "claim" } },
        spec: {
          accessModes: ["ReadWriteOnce"],
          storageClassName,
          resources: { requests: { storage: size } },
        },
      } as GraphNode["object"],
      applyPolicy: { recreateOnImmutable: true },
    });
    await graphs.write("claim", [claim("1Gi", "one")]);
    await graphs.awaitReady("claim");
    await graphs.write("claim", [claim("1Gi", "two")]);
    await graphs.awaitNode("claim", "claim", "Failed", "what it holds would be lost");
  });
});

describe("a conflict", () => {
  it("names managers and fields, and ends by itself when they let go", async () => {
    const theirs = { ...MAP, metadata: { name: "shared", namespace } };
    await graphs.write("shared", [mapNode("shared", { a: "1" })]);
    await graphs.awaitReady("shared");
    await kube.apply({ ...theirs, data: { b: "theirs" } }, { fieldManager: "person" });
    await graphs.write("shared", [mapNode("shared", { a: "1", b: "ours" })]);
    const node = await graphs.awaitNode("shared", "shared", "Failed", "person (.data.b)");
    expect(node.conflicts).toEqual([{ manager: "person", fields: [".data.b"] }]);
    await kube.apply({ ...theirs, data: {} }, { fieldManager: "person" });
    const status = await graphs.awaitReady("shared");
    expect(status.nodes?.[0]).not.toHaveProperty("conflicts");
  });
});

describe("what is missing when a graph comes", () => {
  it("a definition: its instances wait, and go on when it is there", async () => {
    const kind = `Late${run}`;
    const definition = crd(`late${run}s`, kind) as unknown as KubeObject;
    const object = { apiVersion: "client.test/v1", kind, metadata: { name: "one" }, spec: { size: "l" } };
    await graphs.write("missing", [{ id: "one", object }, mapNode("beside-it")]);
    await graphs.await("missing", "its sibling is Ready", (_, node) => node("beside-it")?.state === "Ready");
    await graphs.await(
      "missing",
      "it says what is missing",
      (_, node) => !!node("one")?.message?.includes(kind),
    );
    await kube.apply(definition);
    await graphs.awaitReady("missing", 60_000);
    await kube.delete({
      apiVersion: definition.apiVersion,
      kind: definition.kind,
      name: `late${run}s.client.test`,
    });
  });

  it("rights to one kind: it fails alone, and goes on when they are given", async () => {
    const poor = await Graphs.open(kube, `poor-${run}`);
    const RBAC = { apiVersion: "rbac.authorization.k8s.io/v1" };
    const all = { ...RBAC, kind: "RoleBinding", namespace: poor.namespace, name: "applier-does-everything" };
    const binding = await kube.get(all);
    await kube.delete(all);
    const metadata = { name: "maps", namespace: poor.namespace };
    await kube.apply({
      ...RBAC,
      kind: "Role",
      metadata,
      rules: [{ apiGroups: [""], resources: ["configmaps"], verbs: ["*"] }],
    });
    const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "maps" };
    await kube.apply({ ...RBAC, kind: "RoleBinding", metadata, roleRef, subjects: binding.subjects });
    const account = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "robot" } };
    await poor.write("poor", [mapNode("map"), { id: "robot", object: account }]);
    await poor.awaitNode("poor", "robot", "Failed", "serviceaccounts");
    await poor.await("poor", "the other is Ready", (_, node) => node("map")?.state === "Ready");
    const { name, namespace: of } = all;
    await kube.apply({
      ...{ ...RBAC, kind: "RoleBinding", metadata: { name, namespace: of } },
      ...{ roleRef: binding.roleRef, subjects: binding.subjects },
    });
    await poor.awaitReady("poor", 90_000);
    await poor.close();
  });
});
