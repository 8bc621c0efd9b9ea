import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ResourceGraphSpec } from "../../../protocol/resources/graph.ts";
import { until } from "../../../test/lib/until.ts";
import { API, type RunningOperator, readyProject } from "../../../test/operator/fixture.ts";
import { type OperatorFixture, operatorFixture } from "../../../test/operator/operator-fixture.ts";
import { awaitTransform, inline, SETTINGS, transform } from "../../../test/operator/transforms.ts";
import type { Kube } from "../../kube/index.ts";

const COUNT = 45;
/** 450 KiB of nodes: they stand in shards. */
const LARGE = `package large
import "strings"
#Input: {word: string}
input: #Input
long: strings.Repeat("x", 10000)
nodes: {for i, _ in strings.Split(strings.Repeat("a,", ${COUNT - 1}), ",") {"n\\(i)": object: {
	apiVersion: "v1"
	kind:       "ConfigMap"
	metadata: {name: "large-\\(i)", labels: large: "yes"}
	data: {text: long, word: input.word}
}}}
`;
let fixture: OperatorFixture;
let kube: Kube;
let operator: RunningOperator;
let namespace: string;
/** While it is there no shard is read. */
let held: PromiseWithResolvers<void> | undefined;

beforeAll(async () => {
  fixture = await operatorFixture();
  kube = fixture.kube;
  operator = await fixture.start({ shardReads: async () => held?.promise });
  namespace = await readyProject(kube, `large${Date.now().toString(36)}`);
});
afterAll(async () => {
  release();
  await fixture.close();
});

const release = () => {
  held?.resolve();
  held = undefined;
};
const apply = (name: string, spec: object) =>
  kube.apply(transform({ namespace, name, spec }), { force: true });
const ref = (kind: string, name: string) => ({ apiVersion: API, kind, namespace, name });
const graph = async () => {
  const { metadata, spec } = await kube.get(ref("ResourceGraph", "transform-large"));
  return { generation: metadata.generation ?? 0, spec: spec as ResourceGraphSpec };
};
const words = async () => {
  const type = { apiVersion: "v1", kind: "ConfigMap" };
  const { items } = await kube.list(type, { namespace, labelSelector: "large=yes" });
  return items.map(({ data }) => (data as { word: string }).word);
};
const all = (word: string) => Array.from({ length: COUNT }, () => word);
const atRest = () => until("nothing is left to do", () => operator.handle.stats().queued === 0);
const deletions = () =>
  operator.requests.filter(({ verb, resource }) => verb === "delete" && resource === "configmaps");
/** A change of another Transform has been carried out: what came before it has been looked at. */
const lookedAt = async (greeting: string) => {
  await apply("probe", inline(SETTINGS, { greeting }));
  await awaitTransform(kube, namespace, "probe", "Ready");
};

describe("a Transform whose nodes stand in shards", () => {
  it("is written once where it is looked at before they have been read", async () => {
    await apply("large", inline(LARGE, { word: "a" }));
    await awaitTransform(kube, namespace, "large", "Ready");
    const before = (await graph()).generation;
    held = Promise.withResolvers();
    await apply("large", inline(LARGE, { word: "b" }));
    await until("the next graph is there", async () => (await graph()).generation > before);
    await kube.patch(ref("Transform", "large"), { metadata: { labels: { poke: "1" } } });
    await lookedAt("one");
    release();
    await until("all of it is applied", async () => (await words()).every((word) => word === "b"));
    await awaitTransform(kube, namespace, "large", "Ready");
    await atRest();
    const { generation, spec } = await graph();
    expect(spec.shards?.length).toBeGreaterThan(0);
    expect(generation).toBe(before + 1);
    expect(deletions()).toEqual([]);
  });

  it("is suspended, and goes on, as it is", async () => {
    const { shards } = (await graph()).spec;
    await apply("large", { ...inline(LARGE, { word: "b" }), suspend: true });
    await awaitTransform(kube, namespace, "large", "Suspended");
    expect((await graph()).spec).toMatchObject({ suspend: true, nodes: [], shards });
    held = Promise.withResolvers();
    await apply("large", inline(LARGE, { word: "b" }));
    await lookedAt("two");
    release();
    await awaitTransform(kube, namespace, "large", "Ready");
    expect((await graph()).spec).toMatchObject({ nodes: [], shards });
    expect(await words()).toEqual(all("b"));
    expect(deletions()).toEqual([]);
  });

  it("has a shard that was deleted put back", async () => {
    const { shards = [] } = (await graph()).spec;
    await kube.delete(ref("ResourceGraphShard", shards[0]?.name ?? ""));
    const reconcile = { metadata: { annotations: { "kubenova.io/reconcile-at": "1" } } };
    await kube.patch(ref("Transform", "large"), reconcile);
    const handled = async () =>
      (await kube.get(ref("ResourceGraph", "transform-large"))).status as { handledReconcileAt?: string };
    await until("it is carried out", async () => (await handled()).handledReconcileAt === "1");
    expect((await graph()).spec.shards).toEqual(shards);
    await kube.get(ref("ResourceGraphShard", shards[0]?.name ?? ""));
    await awaitTransform(kube, namespace, "large", "Ready");
    expect(await words()).toEqual(all("b"));
    expect(deletions()).toEqual([]);
  });

  it("stays as it is where the agent starts anew", async () => {
    const before = await graph();
    await operator.stop();
    held = Promise.withResolvers();
    operator = await fixture.start({ shardReads: async () => held?.promise });
    await lookedAt("three");
    release();
    await lookedAt("four");
    await atRest();
    expect(await graph()).toEqual(before);
    expect(deletions()).toEqual([]);
  });
});
