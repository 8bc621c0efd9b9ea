import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ANNOTATION } from "../../domain/names/labels.ts";
import type { GraphNode, ResourceGraphSpec } from "../../protocol/resources/graph.ts";
import { installDefinitions } from "../../test/agent/run.ts";
import { API, graphsIn, nodeOf, type RunningEngine, runEngine } from "../../test/engine/graphs.ts";
import { configMap, type Fixture, kubeFixture } from "../../test/kube/fixture.ts";
import { until } from "../../test/lib/until.ts";
import type { Kube, LiveObject } from "../kube/index.ts";

const namespace = `history-${Date.now().toString(36)}`;
const NAME = "former";
const ref = { apiVersion: API, kind: "ResourceGraph", namespace, name: NAME };
const UNKNOWN = `sha256:${"0".repeat(64)}`;
let fixture: Fixture;
let kube: Kube;
let engine: RunningEngine;
let graphs: ReturnType<typeof graphsIn>;
/** Of each release, as the status called it. */
const digests: string[] = [];

beforeAll(async () => {
  fixture = await kubeFixture(namespace);
  kube = fixture.kube;
  await installDefinitions(kube);
  graphs = graphsIn(kube, namespace);
  engine = await runEngine({ kubeconfig: fixture.kubeconfig, namespace });
});
afterAll(async () => {
  await engine.kill();
  await kube.patch(ref, { metadata: { finalizers: null } }).catch(() => {});
  await fixture.close();
});

const map = (name: string, data: Record<string, string>, more: Partial<GraphNode> = {}) =>
  nodeOf(configMap(namespace, name, data), more);
/** What all releases have, with a field that only this one has; one object of its own; in the last one a third. */
const release = (n: number): GraphNode[] => [
  map("shared", { release: `${n}`, [`only-in-${n}`]: "yes" }),
  map(`own-${n}`, { a: "1" }),
  ...(n === 11 ? [map("kept", { a: "1" }, { applyPolicy: { protect: true } })] : []),
];
const dataOf = async (name: string) =>
  (await kube.get({ apiVersion: "v1", kind: "ConfigMap", namespace, name })).data as Record<string, string>;
const objects = async () => {
  const labelSelector = "app.kubernetes.io/managed-by=kubenova";
  const { items } = await kube.list({ apiVersion: "v1", kind: "ConfigMap" }, { namespace, labelSelector });
  return items.map(({ metadata }) => metadata.name).sort();
};
const shards = async () =>
  (await kube.list({ apiVersion: API, kind: "ResourceGraphShard" }, { namespace })).items;
const rollBack = (rollbackTo: string | null, more: Partial<ResourceGraphSpec> = {}) =>
  kube.patch(ref, { spec: { rollbackTo, ...more } }, { fieldManager: "a-person" });
const refused = (says: string) =>
  graphs.awaitStatus(NAME, `is refused: ${says}`, ({ phase, message = "" }) =>
    phase === "Failed" && message.includes(says) ? true : undefined,
  );
/** Somebody changes an object of the graph by hand. */
const change = (name: string) =>
  kube.patch({ apiVersion: "v1", kind: "ConfigMap", namespace, name }, { data: { release: "by hand" } });
const restart = async () => {
  await engine.kill();
  engine = await runEngine({ kubeconfig: fixture.kubeconfig, namespace });
};

describe("the former graphs of a graph", () => {
  it("are ten, each by the digest of its nodes; the eleventh drops the oldest, and its shard", async () => {
    for (let n = 0; n < 12; n += 1) {
      await graphs.put(NAME, release(n), { metadata: { name: NAME, version: `v${n}` } });
      digests.push((await graphs.ready(NAME)).digest ?? "");
    }
    const { history = [] } = (await graphs.get(NAME)).status ?? {};
    expect(new Set(digests).size).toBe(12);
    expect(history.map(({ digest }) => digest)).toEqual(digests.slice(1, 11).reverse());
    expect(history.map(({ version }) => version)).toEqual(Array.from({ length: 10 }, (_, n) => `v${10 - n}`));
    await until("the shards of others have gone", async () => (await shards()).length === 10);
    expect(await objects()).toEqual(["kept", "own-11", "shared"]);
  });

  it("are carried out again: objects are as they were, what came later goes, what is protected stays", async () => {
    await rollBack(digests[3] as string);
    const { digest, rolledBackTo, nodes = [] } = await graphs.ready(NAME);
    expect([digest, rolledBackTo]).toEqual([digests[3], digests[3]]);
    expect(await dataOf("shared")).toEqual({ release: "3", "only-in-3": "yes" });
    expect(await objects()).toEqual(["kept", "own-3", "shared"]);
    expect(nodes.find(({ name }) => name === "kept")).toMatchObject({ state: "Kept" });
  });

  it("are kept so: drift is set back, by a process that starts anew too", async () => {
    await change("shared");
    await until("it is set back", async () => (await dataOf("shared")).release === "3");
    await restart();
    await change("shared");
    await until("it is set back again", async () => (await dataOf("shared")).release === "3");
    expect((await graphs.ready(NAME)).rolledBackTo).toBe(digests[3]);
  });

  it.each([
    ["nobody knows", UNKNOWN],
    ["was dropped", () => digests[0] as string],
  ])("that %s are refused, and what was carried out goes on", async (_, to) => {
    const digest = typeof to === "string" ? to : to();
    await rollBack(digest);
    const { message, ...status } = await refused(`rollbackTo ${digest} is not in its history: there are`);
    expect(message).toContain(`what was carried out before, ${digests[3]}, goes on`);
    expect(status).toMatchObject({ digest: digests[3], rolledBackTo: digests[3] });
    await restart();
    await change("shared");
    await until("it is set back", async () => (await dataOf("shared")).release === "3");
    expect(await objects()).toEqual(["kept", "own-3", "shared"]);
  });

  it("whose shard was altered are refused until it is put back", async () => {
    const { history = [] } = (await graphs.get(NAME)).status ?? {};
    const [shard = { name: "", digest: "" }] =
      history.find(({ digest }) => digest === digests[7])?.shards ?? [];
    const found = await kube.get({ ...ref, kind: "ResourceGraphShard", name: shard.name });
    const { apiVersion, kind, metadata, spec } = found;
    const { labels = {}, ownerReferences = [] } = metadata;
    const store = async (content: string) => {
      await kube.delete({ ...ref, kind: "ResourceGraphShard", name: shard.name });
      const made = { name: shard.name, namespace, labels, ownerReferences };
      await kube.create({ apiVersion, kind, metadata: made, spec: { ...(spec as object), content } });
    };
    const { content } = spec as { content: string };
    await store(content.replace("only-in-7", "only-in-8"));
    await rollBack(digests[7] as string);
    const { message } = await refused(`the former graph ${digests[7]} cannot be had`);
    expect(message).toContain(`its shard ${shard.name} is not what the graph names`);
    expect(message).toContain(`${digests[3]}, goes on`);
    expect(await objects()).toEqual(["kept", "own-3", "shared"]);

    await store(content);
    await kube.patch(ref, { metadata: { annotations: { [ANNOTATION.reconcileAt]: "now" } } });
    expect((await graphs.ready(NAME)).rolledBackTo).toBe(digests[7]);
    expect(await dataOf("shared")).toEqual({ release: "7", "only-in-7": "yes" });
  });

  it("stay, however many others come meanwhile, while one is carried out; and are left again", async () => {
    for (let n = 12; n < 14; n += 1) {
      await graphs.put(NAME, release(n), { historyLimit: 1, rollbackTo: digests[7] as string });
      await graphs.ready(NAME);
    }
    const listed = ({
      status,
    }: LiveObject & { status?: { history?: { digest: string; phase?: string }[] } }) => status?.history ?? [];
    const [newest, pinned] = listed(await graphs.get(NAME));
    expect(pinned?.digest).toBe(digests[7]);
    // It was never carried out.
    expect(newest?.phase).toBeUndefined();
    expect(await objects()).toEqual(["kept", "own-7", "shared"]);
    await restart();
    await rollBack(null);
    const { rolledBackTo } = await graphs.ready(NAME);
    expect(rolledBackTo).toBeUndefined();
    expect(await objects()).toEqual(["kept", "own-13", "shared"]);
    expect(await dataOf("shared")).toEqual({ release: "13", "only-in-13": "yes" });
  });

  it("need not be former: the present one holds against what is written after it", async () => {
    const { digest = "" } = await graphs.ready(NAME);
    await graphs.put(NAME, release(14), { historyLimit: 0, rollbackTo: digest });
    expect((await graphs.ready(NAME)).rolledBackTo).toBe(digest);
    expect(await objects()).toEqual(["kept", "own-13", "shared"]);
    await graphs.put(NAME, release(14), { historyLimit: 0 });
    expect((await graphs.ready(NAME)).history).toBeUndefined();
    expect(await objects()).toEqual(["kept", "own-14", "shared"]);
  });
});
