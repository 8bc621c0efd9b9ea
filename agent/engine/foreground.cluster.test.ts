import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { GraphNode, ResourceGraphStatus } from "../../protocol/resources/graph.ts";
import { installDefinitions } from "../../test/agent/run.ts";
import { API, exists, graphsIn, nodeOf, type RunningEngine, runEngine } from "../../test/engine/graphs.ts";
import { prepareNamespace } from "../../test/engine/scene.ts";
import { configMap, type Fixture, kubeFixture } from "../../test/kube/fixture.ts";
import { until } from "../../test/lib/until.ts";
import { type Kube, systemClock } from "../kube/index.ts";
import { silentLogger } from "../log.ts";
import { sweepShards } from "./shard-sweep.ts";

const namespace = `foreground-${Date.now().toString(36)}`;
/** With names as long as these the inventory of so many takes shards, as the nodes of half of them do. */
const NODES = 700;
const TEXT = "what it is configured with ".repeat(10);
const DEADLINE_MS = 120_000;
const SHARD = { apiVersion: API, kind: "ResourceGraphShard" };
const graphRef = (name: string) => ({ apiVersion: API, kind: "ResourceGraph", namespace, name });
let fixture: Fixture;
let kube: Kube;
let engine: RunningEngine | undefined;

beforeAll(async () => {
  fixture = await kubeFixture(namespace);
  kube = fixture.kube;
  await installDefinitions(kube);
  await prepareNamespace(kube, namespace);
});
afterEach(() => engine?.kill());
afterAll(() => fixture?.close());

const start = async (): Promise<RunningEngine> => {
  engine = await runEngine({ kubeconfig: fixture.kubeconfig, namespace });
  return engine;
};
const many = (prefix: string, length: number): GraphNode[] =>
  Array.from({ length }, (_, n) =>
    nodeOf(configMap(namespace, `${prefix}-${"long-".repeat(45)}${n}`, { TEXT })),
  );
const shards = async () => (await kube.list(SHARD, { namespace })).items;
const left = async (prefix: string) => {
  const labelSelector = "app.kubernetes.io/managed-by=kubenova";
  const { items } = await kube.list({ apiVersion: "v1", kind: "ConfigMap" }, { namespace, labelSelector });
  return items.filter(({ metadata }) => metadata.name.startsWith(prefix)).length;
};
/** Its nodes stand in shards too. */
async function make(name: string, count: number): Promise<ResourceGraphStatus> {
  const running = await start();
  const metadata = { name, namespace };
  const spec = { applyAs: { kind: "Agent" as const }, nodes: many(name, count) };
  await running.engine.apply({ apiVersion: API, kind: "ResourceGraph", metadata, spec }, () => "test");
  const isReady = ({ phase }: ResourceGraphStatus) => phase === "Ready";
  const { awaitStatus } = graphsIn(kube, namespace);
  return awaitStatus(name, "is Ready", isReady, DEADLINE_MS);
}
const isGone = (name: string) =>
  until(`${name} is gone`, async () => !(await exists(kube, graphRef(name))), { deadlineMs: DEADLINE_MS });
const noShards = () => until("its shards are gone", async () => (await shards()).length === 0);

describe("a graph in shards", () => {
  it("that is deleted in the foreground while no engine runs goes when one starts, with all that it made", async () => {
    expect((await make("front", NODES)).inventoryShards?.length).toBeGreaterThan(0);
    await engine?.kill();
    const before = (await shards()).map(({ metadata }) => metadata.name).sort();
    expect(before.length).toBeGreaterThan(2);
    await kube.delete(graphRef("front"), { propagationPolicy: "Foreground" });
    await until("the garbage collector has done its part", async () => {
      const { finalizers = [], deletionTimestamp } = (await kube.get(graphRef("front"))).metadata;
      return deletionTimestamp !== undefined && !finalizers.includes("foregroundDeletion");
    });
    expect((await shards()).map(({ metadata }) => metadata.name).sort()).toEqual(before);
    await start();
    await isGone("front");
    expect(await left("front")).toBe(0);
    await noShards();
  });

  it("leaves shards where a process dies as it goes, or a person takes it away; the next one finds them", async () => {
    await make("forced", NODES / 2);
    await engine?.kill();
    const count = (await shards()).length;
    await kube.delete(graphRef("forced"));
    await kube.patch(graphRef("forced"), { metadata: { finalizers: null } });
    await isGone("forced");
    expect(await shards()).toHaveLength(count);
    const { signal } = new AbortController();
    const ctx = { kube, clock: systemClock, random: () => 0.5, log: silentLogger, signal };
    expect(await sweepShards(ctx, () => [])).toBeLessThan(600_000);
    expect(await shards()).toHaveLength(count);
    await sweepShards(ctx, () => [], 0);
    await noShards();
  });
});
