import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { GraphNode, ResourceGraphSpec, ResourceGraphStatus } from "../../protocol/resources/graph.ts";
import { MAX_SHARD_BYTES, type ShardRef } from "../../protocol/resources/graph-shard.ts";
import { installDefinitions } from "../../test/agent/run.ts";
import { plan } from "../../test/attack/plan.ts";
import { type RunningEngine, runEngine } from "../../test/engine/engine.ts";
import { type Fixture, kubeFixture } from "../../test/kube/fixture.ts";
import { until } from "../../test/lib/until.ts";
import { isKind, type Kube, type LiveObject } from "../kube/index.ts";
import { nodesOfChunks } from "./node-lines.ts";

const API = "kubenova.io/v1alpha1";
const NODES = plan.long ? 5_000 : 1_500;
const DEADLINE_MS = plan.long ? 240_000 : 180_000;
const namespace = `large-${Date.now().toString(36)}`;
const ref = { apiVersion: API, kind: "ResourceGraph", namespace, name: "large" };
/** No object of its own fits 1,500 of these. */
const PADDING = "what a large application is configured with ".repeat(20);

let fixture: Fixture;
let kube: Kube;
let running: RunningEngine | undefined;

const node = (n: number, value = "1"): GraphNode => ({
  id: `settings-${n}`,
  object: { apiVersion: "v1", kind: "ConfigMap", metadata: { name: `c-${n}` }, data: { value, PADDING } },
  ...(n > 0 ? { dependsOn: [`settings-${Math.floor((n - 1) / 20)}`] } : {}),
});
let nodes = Array.from({ length: NODES }, (_, n) => node(n));

const specOf = (): ResourceGraphSpec => ({
  ...{ applyAs: { kind: "Agent" }, metadata: { name: "large" }, nodes },
  // Former graphs keep their shards.
  historyLimit: 0,
});
const apply = (on: RunningEngine) => {
  const { name } = ref;
  const owner = { apiVersion: "v1", kind: "ConfigMap", name: "owner", uid: ownerUid, controller: true };
  const metadata = { name, namespace, ownerReferences: [owner] };
  return on.engine.apply({ apiVersion: API, kind: "ResourceGraph", metadata, spec: specOf() }, () => "test");
};
let ownerUid = "";

const graph = () =>
  kube.get(ref) as Promise<LiveObject & { spec: ResourceGraphSpec; status?: ResourceGraphStatus }>;
const shards = async () =>
  (await kube.list({ apiVersion: API, kind: "ResourceGraphShard" }, { namespace })).items;
const objects = async () =>
  (
    await kube.list(
      { apiVersion: "v1", kind: "ConfigMap" },
      { namespace, labelSelector: "app.kubernetes.io/managed-by=kubenova" },
    )
  ).items;

const start = async (): Promise<RunningEngine> => {
  running ??= await runEngine(fixture.kubeconfig, namespace);
  await running.engine.synced;
  return running;
};
const stop = async () => {
  await running?.stop();
  running = undefined;
};
/** The stored status speaks of the stored generation, and says this. */
const awaitPhase = (phase: string) =>
  until(
    `the graph is ${phase}`,
    async () => {
      const { metadata, status } = await graph();
      const says = `${status?.phase} of ${status?.observedGeneration}: ${status?.message}`;
      if (status?.phase === phase && status.observedGeneration === metadata.generation) return status;
      throw new Error(`it is ${says}`);
    },
    { deadlineMs: DEADLINE_MS, everyMs: 200 },
  );

const namedBy = ({ spec, status }: Awaited<ReturnType<typeof graph>>): ShardRef[] =>
  [spec.shards, status?.inventoryShards, status?.nodeShards].flatMap((refs) => refs ?? []);
/** What the shards say that the status names for its nodes. */
const storedNodes = async () => {
  const { status } = await graph();
  const names = status?.nodeShards?.map(({ name }) => name) ?? [];
  const named = (await shards()).filter(({ metadata }) => names.includes(metadata.name));
  return nodesOfChunks(named.map(({ spec }) => (spec as { content: string }).content));
};
/** All is stored and named, and what was is collected: who ends the engine now leaves nothing behind. */
const awaitNamed = () =>
  until(
    "all nodes are on record, and no other shard is left",
    async () => {
      const [stored, names] = [await storedNodes(), namedBy(await graph()).map(({ name }) => name)];
      const areThere = (await shards()).map(({ metadata }) => metadata.name);
      const isRecorded = stored.length === nodes.length && stored.every(({ state }) => state === "Ready");
      return isRecorded && isDeepStrictEqual(areThere.sort(), names.sort());
    },
    { deadlineMs: DEADLINE_MS, everyMs: 500 },
  );

beforeAll(async () => {
  fixture = await kubeFixture(namespace);
  kube = fixture.kube;
  await installDefinitions(kube);
  const owner = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "owner", namespace } };
  ownerUid = (await kube.create(owner)).metadata.uid;
});
afterAll(async () => {
  await stop();
  await kube.patch(ref, { metadata: { finalizers: null } }).catch(() => {});
  await fixture.close();
});

describe(`a graph of ${NODES} nodes`, () => {
  it("is carried out, though an engine dies in the middle", async () => {
    const first = await start();
    await apply(first);
    await until("a third of it is applied", () => first.writes("configmaps").length > NODES / 3, {
      deadlineMs: DEADLINE_MS,
    });
    await stop();
    const before = new Map(
      (await objects()).map(({ metadata }) => [metadata.name, metadata.resourceVersion]),
    );
    expect(before.size).toBeLessThan(NODES);
    await start();
    const status = await awaitPhase("Ready");
    expect(status.counts).toEqual({ total: NODES, ready: NODES, failed: 0 });
    const after = await objects();
    expect(after).toHaveLength(NODES);
    for (const { metadata } of after) {
      const version = before.get(metadata.name);
      if (version !== undefined) expect(metadata.resourceVersion).toBe(version);
    }
  });

  it("stands in shards of 256 KiB at most, which bear its UID and which it names by digest", async () => {
    await awaitNamed();
    const live = await graph();
    const { spec, status, metadata } = live;
    expect(spec.nodes).toEqual([]);
    expect(status?.inventory).toBeUndefined();
    expect(status?.nodes?.length).toBeLessThanOrEqual(200);
    const named = namedBy(live);
    expect(status?.nodeShards?.length).toBeGreaterThan(1);
    for (const shard of await shards()) {
      expect(JSON.stringify(shard.spec).length).toBeLessThanOrEqual(MAX_SHARD_BYTES + 1_024);
      expect(shard.metadata.labels).toMatchObject({ "kubenova.io/graph-uid": metadata.uid });
      expect(shard.metadata.ownerReferences).toBeUndefined();
      expect(named).toContainEqual({
        name: shard.metadata.name,
        digest: (shard.spec as { digest: string }).digest,
      });
    }
  });

  it("is not written again by an engine that starts anew, nor when it is applied as it is", async () => {
    const recorded = await storedNodes();
    await stop();
    const again = await start();
    await until("it knows the graph", () => again.engine.status("large".replace(/^/, `${namespace}/`)));
    await apply(again);
    await until(
      "it has all nodes",
      () => again.engine.get(`${namespace}/large`)?.spec.nodes?.length === NODES,
    );
    const isRead = () => again.engine.nodes(`${namespace}/large`)?.every(({ since }) => since !== undefined);
    await until("it has read since when they are as they are", isRead, { deadlineMs: DEADLINE_MS });
    expect(await storedNodes()).toEqual(recorded);
    expect(again.writes()).toHaveLength(0);
  });

  it("changes: what is as it was costs nothing, neither its objects nor its shards", async () => {
    const changing = await start();
    const former = new Set((await graph()).spec.shards?.map(({ name }) => name));
    nodes = nodes.map((one, n) => (n % 500 === 499 ? node(n, "2") : one)).slice(0, -50);
    const written = changing.writes("configmaps").length;
    await apply(changing);
    const status = await awaitPhase("Ready");
    expect(status.counts?.total).toBe(NODES - 50);
    await until("what left is gone", async () => (await objects()).length === NODES - 50, {
      deadlineMs: DEADLINE_MS,
    });
    const changed = nodes.filter(({ object }) => (object.data as { value: string }).value === "2").length;
    expect(changing.writes("configmaps").length - written).toBe(changed + 50);
    const kept = (await graph()).spec.shards?.filter(({ name }) => former.has(name));
    expect(kept?.length).toBeGreaterThan(0);
  });

  it("whose shard was altered is refused, in words, and loses nothing; applied again, it is whole again", async () => {
    await awaitNamed();
    await stop();
    const [{ name } = { name: "" }] = (await graph()).spec.shards ?? [];
    const shard = { apiVersion: API, kind: "ResourceGraphShard", namespace, name };
    const { metadata, spec } = await kube.get(shard);
    await kube.delete(shard);
    const labels = { ...metadata.labels };
    const altered = { ...(spec as object), content: `${JSON.stringify(node(0))}\n` };
    await kube.create({ ...shard, metadata: { name, namespace, labels }, spec: altered } as never);
    const engine = await start();
    const status = await awaitPhase("Failed");
    expect(status.message).toContain(name);
    expect(status.message).toContain("nothing is applied or pruned");
    expect(await objects()).toHaveLength(NODES - 50);

    await kube.delete(shard);
    await apply(engine);
    await awaitPhase("Ready");
    expect(await objects()).toHaveLength(NODES - 50);
  });

  it("shrinks to nothing, and leaves no object and no shard", async () => {
    const engine = await start();
    nodes = [];
    await apply(engine);
    await until("all is gone", async () => (await objects()).length === 0, {
      deadlineMs: DEADLINE_MS,
      everyMs: 200,
    });
    expect((await awaitPhase("Ready")).counts?.total).toBe(0);
    await until("its record is empty", async () => (await graph()).status?.inventoryShards === undefined);
    await until("no shard is left", async () => (await shards()).length === 0);
    await kube.delete(ref);
    await until("the graph is gone", () =>
      graph().then(
        () => false,
        (error) => isKind(error, "notFound"),
      ),
    );
  });
});
