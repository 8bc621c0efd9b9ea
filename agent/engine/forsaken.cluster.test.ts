import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { GraphNode } from "../../protocol/resources/graph.ts";
import { installDefinitions } from "../../test/agent/run.ts";
import { exists, graphsIn, nodeOf, type RunningEngine, runEngine } from "../../test/engine/graphs.ts";
import { prepareNamespace } from "../../test/engine/scene.ts";
import { configMap, type Fixture, kubeFixture } from "../../test/kube/fixture.ts";
import { until } from "../../test/lib/until.ts";
import type { Kube, KubeObject } from "../kube/index.ts";

const elsewhere = `forsaken-${Date.now().toString(36)}`;
/** With names as long as these their inventory takes shards. */
const NODES = 700;
const DEADLINE_MS = 120_000;
let fixture: Fixture;
let kube: Kube;
let engine: RunningEngine | undefined;
let doomed: string;
let made = 0;

beforeAll(async () => {
  fixture = await kubeFixture(elsewhere);
  kube = fixture.kube;
  await installDefinitions(kube);
});
beforeEach(async () => {
  made += 1;
  doomed = `${elsewhere}-${made}`;
  await prepareNamespace(kube, doomed);
});
afterEach(() => engine?.kill());
afterAll(async () => {
  await fixture?.close();
});

const start = async () => {
  engine = await runEngine({ kubeconfig: fixture.kubeconfig, namespace: doomed });
};
const shards = async () =>
  (await kube.list({ apiVersion: "kubenova.io/v1alpha1", kind: "ResourceGraphShard" }, { namespace: doomed }))
    .items;
const many = () =>
  Array.from({ length: NODES }, (_, n) => nodeOf(configMap(doomed, `${"long-".repeat(46)}${n}`)));
const at = (name: string) => ({ apiVersion: "v1", kind: "ConfigMap", namespace: elsewhere, name });
/** The graph is made; then its namespace is deleted, and with it its shards, while no engine runs. */
const goesUnseen = async () => {
  expect((await graphsIn(kube, doomed).get("large")).status?.inventoryShards?.length).toBeGreaterThan(0);
  await engine?.kill();
  await kube.delete({ apiVersion: "v1", kind: "Namespace", name: doomed });
  await until("its shards are gone", async () => (await shards()).length === 0, { deadlineMs: DEADLINE_MS });
  const isDeleted = async () =>
    (await graphsIn(kube, doomed).get("large")).metadata.deletionTimestamp !== undefined;
  await until("it is deleted", isDeleted, { deadlineMs: DEADLINE_MS });
};
const isGone = () =>
  until(
    "the namespace goes",
    async () => !(await exists(kube, { apiVersion: "v1", kind: "Namespace", name: doomed })),
    { deadlineMs: DEADLINE_MS },
  );

describe("a namespace that is deleted, with a graph in shards, while no engine runs", () => {
  it("goes when one starts: what the graph names elsewhere too, what it alone recorded is let go and named", async () => {
    const graphs = graphsIn(kube, doomed);
    const nodes: GraphNode[] = [...many(), nodeOf(configMap(elsewhere, "named"))];
    const kept = nodeOf(configMap(elsewhere, "orphan"), { applyPolicy: { deletionPolicy: "Orphan" } });
    const left = nodeOf(configMap(elsewhere, "left"));
    const prune = { graceSeconds: 3_600 };
    await start();
    await graphs.put("large", [...nodes, kept, left], { prune });
    await graphs.awaitStatus("large", "is Ready", ({ phase }) => phase === "Ready", DEADLINE_MS);
    await graphs.put("large", [...nodes, kept], { prune });
    await graphs.node("large", "left", "Kept");
    // Its mark was copied by somebody: that is none of the graph's.
    const { labels, annotations } = (await kube.get(at("left"))).metadata;
    const copied = { name: "copy", namespace: elsewhere, labels, annotations } as KubeObject["metadata"];
    const copy = { ...configMap(elsewhere, "copy"), metadata: copied };
    await kube.create(copy, { fieldManager: "somebody" });
    await goesUnseen();
    await start();
    await isGone();
    expect(await exists(kube, at("named"))).toBe(false);
    for (const name of ["orphan", "left"])
      expect((await kube.get(at(name))).metadata.annotations?.["kubenova.io/graph-uid"]).toBeUndefined();
    expect((await kube.get(at("copy"))).metadata.annotations).toEqual(annotations);
    const told = engine?.events.filter(({ reason }) => reason === "Kept").map(({ regarding }) => regarding);
    expect(told).toMatchObject([{ kind: "ConfigMap", metadata: { namespace: elsewhere, name: "left" } }]);
  });

  it("goes though the rights of the account that applied went with it", async () => {
    const graphs = graphsIn(kube, doomed);
    await start();
    const applyAs = { kind: "ServiceAccount" as const, name: "kubenova-applier" };
    await graphs.put("large", many(), { applyAs });
    await graphs.awaitStatus("large", "is Ready", ({ phase }) => phase === "Ready", DEADLINE_MS);
    await goesUnseen();
    await start();
    await isGone();
  });
});
