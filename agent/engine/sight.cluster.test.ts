import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { GraphNode } from "../../protocol/resources/graph.ts";
import { type EngineFixture, engineFixture } from "../../test/engine/engine-fixture.ts";
import { graphsIn, type RunningEngine } from "../../test/engine/graphs.ts";
import { prepareNamespace } from "../../test/engine/scene.ts";
import { Graphs, mapNode } from "../../test/engine/team-graphs.ts";
import { crd } from "../../test/kube/fixture.ts";
import { until } from "../../test/lib/until.ts";
import type { Kube } from "../kube/index.ts";

const run = Date.now().toString(36);
const system = `sight-${run}`;
const ours = `${system}-ours`;
const theirs = `${system}-theirs`;
const LINEAGE = "cluster/tenant-of-theirs";
const SECRET_TEXT = "reason-of-theirs";
const MAP = { apiVersion: "v1", kind: "ConfigMap" };
const DEPLOYMENT = { apiVersion: "apps/v1", kind: "Deployment" };
const RBAC = "rbac.authorization.k8s.io";
const USER = `system:serviceaccount:${ours}:kubenova-applier`;
let fixture: EngineFixture;
let kube: Kube;
let engine: RunningEngine;
let graphs: Graphs;

const web = {
  ...DEPLOYMENT,
  metadata: { name: "web", namespace: theirs },
  spec: {
    selector: { matchLabels: { app: "web" } },
    template: {
      metadata: { labels: { app: "web" } },
      spec: { containers: [{ name: "web", image: "web:1" }] },
    },
  },
};

/** Another team's: a graph with a ConfigMap and a Deployment whose pod says why it does not run. */
async function othersGraph(): Promise<string> {
  await prepareNamespace(kube, theirs);
  const other = graphsIn(kube, theirs);
  const applyAs = { kind: "ServiceAccount" as const, name: "kubenova-applier" };
  const nodes = [mapNode("named"), { id: "web", object: web }];
  await other.put("graph-of-theirs", nodes, { applyAs }, { "kubenova.io/lineage": LINEAGE });
  const pod = await until("their pod is there", async () => {
    const { items } = await kube.list({ apiVersion: "v1", kind: "Pod" }, { namespace: theirs });
    return items[0]?.metadata.name;
  });
  const waiting = { reason: "ErrImagePull", message: SECRET_TEXT };
  const containerStatuses = [
    {
      ...{ name: "web", image: "web:1", imageID: "", ready: false, restartCount: 0 },
      state: { waiting },
    },
  ];
  await kube.patch(
    { apiVersion: "v1", kind: "Pod", namespace: theirs, name: pod },
    { status: { phase: "Pending", containerStatuses } },
    { subresource: "status", fieldManager: "kubelet" },
  );
  await other.awaitStatus("graph-of-theirs", "says what the pod says", ({ nodes: said = [] }) =>
    said.some(({ message }) => message?.includes(SECRET_TEXT)),
  );
  return pod;
}

beforeAll(async () => {
  fixture = await engineFixture(system);
  kube = fixture.kube;
  engine = await fixture.start();
  graphs = await Graphs.open(kube, ours);
}, 60_000);
afterAll(async () => {
  await graphs?.close();
  await kube?.delete({ apiVersion: "v1", kind: "Namespace", name: theirs });
  await fixture?.close();
});

const elsewhere = (id: string, object: object, more: Partial<GraphNode> = {}): GraphNode =>
  ({ id, object, ...more }) as GraphNode;
const theirMap = { ...MAP, metadata: { name: "named", namespace: theirs }, data: { a: "2" } };
/** Whether anything that only the other team knows is in it. */
const secretsIn = (value: unknown, pod: string): string[] =>
  [pod, SECRET_TEXT, LINEAGE, "graph-of-theirs", "0 of 1"].filter((text) =>
    JSON.stringify(value).includes(text),
  );
/** The applier may do this there, for as long as the test wants. */
async function grant(name: string, rules: object[]): Promise<() => Promise<void>> {
  const metadata = { name, namespace: theirs };
  await kube.apply({ apiVersion: `${RBAC}/v1`, kind: "Role", metadata, rules });
  await kube.apply({
    ...{ apiVersion: `${RBAC}/v1`, kind: "RoleBinding", metadata },
    roleRef: { apiGroup: RBAC, kind: "Role", name },
    subjects: [{ kind: "ServiceAccount", name: "kubenova-applier", namespace: ours }],
  });
  return async () => {
    for (const kind of ["RoleBinding", "Role"])
      await kube.delete({ apiVersion: `${RBAC}/v1`, kind, name, namespace: theirs });
  };
}

describe("another team's object", () => {
  let pod: string;
  beforeAll(async () => {
    pod = await othersGraph();
  }, 60_000);

  it("is not spoken of to who may not read it: only the API server's refusal is", async () => {
    await graphs.write("spy", [
      elsewhere("named", theirMap),
      elsewhere("forced", { ...theirMap, metadata: { name: "web", namespace: theirs } }),
      elsewhere("created", { ...theirMap, metadata: { name: "new", namespace: theirs } }),
      elsewhere("web", { ...DEPLOYMENT, metadata: web.metadata }, { applyPolicy: { mode: "Observe" } }),
      elsewhere(
        "absent",
        { ...DEPLOYMENT, metadata: { ...web.metadata, name: "absent" } },
        {
          applyPolicy: { mode: "Observe" },
        },
      ),
    ]);
    for (const id of ["named", "forced", "created", "web", "absent"]) {
      const { message, lastError } = await graphs.awaitNode("spy", id, "Failed", "forbidden");
      expect(message).toContain(USER);
      expect(lastError ?? message).toBe(message);
    }
    // What is there and what is not are told in the same words.
    const { nodes = [] } = await graphs.await("spy", "says all", () => true);
    const said = (id: string) => nodes.find((node) => node.id === id)?.message;
    expect(said("absent")).toBe(said("web")?.replaceAll('"web"', '"absent"'));
    expect(said("created")).toBe(said("named")?.replaceAll('"named"', '"new"'));
    const status = await graphs.await("spy", "says all", () => true);
    expect(secretsIn(status, pod)).toEqual([]);
    const events = engine.events.filter((event) => JSON.stringify(event).includes(ours));
    expect(secretsIn(events, pod)).toEqual([]);
  });

  it("is told to who may read it, and no more than that", async () => {
    const verbs = ["get", "list", "watch"];
    const withdraw = await grant("may-read", [
      { apiGroups: ["apps"], resources: ["deployments"], verbs },
      { apiGroups: [""], resources: ["configmaps"], verbs: ["get"] },
    ]);
    await graphs.write("reader", [
      elsewhere("named", theirMap),
      elsewhere("web", { ...DEPLOYMENT, metadata: web.metadata }, { applyPolicy: { mode: "Observe" } }),
    ]);
    const owner = `belongs to the graph ${theirs}/graph-of-theirs of ${LINEAGE}`;
    await graphs.awaitNode("reader", "named", "Refused", owner);
    await graphs.awaitNode("reader", "web", "Progressing", "0 of 1");
    // Its pods may be read by nobody here, however long it takes.
    const asked = () =>
      engine.requests.filter(({ resource, status }) => resource === "pods" && status === 403).length;
    await until("its pods have been asked for", () => asked() > 0);
    const { nodes = [] } = await graphs.await("reader", "is said", () => true);
    expect(secretsIn(nodes[1], pod)).toEqual(["0 of 1"]);
    await withdraw();
  });

  it("that keeps a definition from its removal is not named to who may not list it", async () => {
    const plural = `sights${run}`;
    const definition = crd(plural, `Sight${run}`);
    const rules = [{ apiGroups: ["apiextensions.k8s.io"], resources: ["*"], verbs: ["*"] }];
    const role = { apiVersion: `${RBAC}/v1`, metadata: { name: plural } };
    await kube.apply({ ...role, kind: "ClusterRole", rules });
    await kube.apply({
      ...{ ...role, kind: "ClusterRoleBinding" },
      roleRef: { apiGroup: RBAC, kind: "ClusterRole", name: plural },
      subjects: [{ kind: "ServiceAccount", name: "kubenova-applier", namespace: ours }],
    });
    await graphs.write("definition", [elsewhere("definition", definition)]);
    await graphs.awaitReady("definition");
    const instance = { apiVersion: "client.test/v1", kind: `Sight${run}` };
    const metadata = { name: "instance-of-theirs", namespace: theirs };
    await kube.create({ ...instance, metadata, spec: { size: "s" } });
    await graphs.write("definition", []);
    const says = "instances: objects that the graph's applier may not list";
    const status = await graphs.await("definition", says, ({ nodes = [] }) =>
      nodes.some(({ state, message }) => state === "Kept" && message?.includes(says)),
    );
    expect(JSON.stringify(status)).not.toContain("of-theirs");
    await kube.delete({ ...instance, ...metadata });
    for (const kind of ["ClusterRoleBinding", "ClusterRole"])
      await kube.delete({ apiVersion: role.apiVersion, kind, name: plural });
    await kube.delete({ ...definition, name: definition.metadata.name });
  });

  it("that is a Secret is observed by who may read it", async () => {
    const metadata = { name: "shared", namespace: theirs };
    await kube.apply({ apiVersion: "v1", kind: "Secret", metadata, stringData: { a: "1" } });
    const observed = elsewhere(
      "shared",
      { apiVersion: "v1", kind: "Secret", metadata },
      {
        applyPolicy: { mode: "Observe" },
        readyWhen: [{ type: "CEL", expression: "self.data.a == 'MQ=='" }],
      },
    );
    const rules = [{ apiGroups: [""], resources: ["secrets"], verbs: ["get", "list", "watch"] }];
    const withdraw = await grant("may-read-secrets", rules);
    await graphs.write("secrets", [observed]);
    await graphs.awaitReady("secrets");
    await withdraw();
  });
});
