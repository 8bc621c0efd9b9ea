import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type EngineFixture, engineFixture } from "../../test/engine/engine-fixture.ts";
import { exists, nodeOf, type RunningEngine } from "../../test/engine/graphs.ts";
import { configMap } from "../../test/kube/fixture.ts";
import { until } from "../../test/lib/until.ts";
import type { Kube, KubeObject } from "../kube/index.ts";

const namespace = `inventory-${Date.now().toString(36)}`;
const elsewhere = `${namespace}-b`;
const FINALIZER = "somebody.example/holds";
let fixture: EngineFixture;
let kube: Kube;
let engine: RunningEngine;
let graphs: EngineFixture["graphs"];
let name: string;
let made = 0;

beforeAll(async () => {
  fixture = await engineFixture(namespace);
  kube = fixture.kube;
  await kube.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: elsewhere } });
  graphs = fixture.graphs;
  engine = await fixture.start();
});
beforeEach(() => {
  made += 1;
  name = `i${made}`;
});
afterEach(async () => {
  await graphs.remove(name).catch(() => {});
  await graphs.gone(name);
});
afterAll(async () => {
  await kube?.delete({ apiVersion: "v1", kind: "Namespace", name: elsewhere });
  await fixture?.close();
});

const map = (of: string, data?: Record<string, string>, place = namespace): KubeObject =>
  configMap(place, of, data);
const refTo = (of: string, place = namespace) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  namespace: place,
  name: of,
});
const isThere = (of: string, place?: string) => exists(kube, refTo(of, place));
const hold = (of: string, finalizers: string[]) =>
  kube.patch(refTo(of), { metadata: { finalizers } }, { fieldManager: "somebody" });

describe("an object of a node", () => {
  it("that is renamed: the new one is made, and then the old one goes", async () => {
    await graphs.put(name, [nodeOf(map(`${name}-old`))]);
    await graphs.ready(name);
    await graphs.put(name, [{ ...nodeOf(map(`${name}-old`)), object: map(`${name}-new`) as never }]);
    await until("the old one goes", async () => !(await isThere(`${name}-old`)));
    expect(await isThere(`${name}-new`)).toBe(true);
    await graphs.ready(name);
    await graphs.recorded(name, `${name}-new`);
  });

  it("that moves to another namespace: is made there, and goes here", async () => {
    await graphs.put(name, [nodeOf(map(name))]);
    await graphs.ready(name);
    await graphs.put(name, [nodeOf(map(name, undefined, elsewhere))]);
    await until("the old one goes", async () => !(await isThere(name)));
    expect(await isThere(name, elsewhere)).toBe(true);
  });

  it.each([
    ["a prune", () => graphs.put(name, [])],
    ["the deletion of the graph", () => graphs.remove(name)],
  ])(
    "that somebody deleted and made again while no process ran is not ours: %s leaves it",
    async (_, change) => {
      await graphs.put(name, [nodeOf(map(name))]);
      await graphs.ready(name);
      const ours = await kube.get(refTo(name));
      await engine.kill();
      await kube.delete(refTo(name));
      const { labels, annotations } = ours.metadata;
      const copy = {
        ...map(name, { a: "theirs" }),
        metadata: { name, namespace, labels, annotations },
      } as KubeObject;
      const theirs = await kube.create(copy, { fieldManager: "somebody" });
      await change();
      engine = await fixture.start();
      const isOver = async () => {
        const graph = await graphs.get(name).catch(() => undefined);
        return !graph || (graph.status?.phase === "Ready" && (graph.status.inventory ?? []).length === 0);
      };
      await until("nothing of it is left in the graph", isOver);
      expect((await kube.get(refTo(name))).metadata.resourceVersion).toBe(theirs.metadata.resourceVersion);
    },
  );
});

describe("a graph that shrinks to nothing", () => {
  it("deletes all that it made, and nothing else", async () => {
    const all = Array.from({ length: 12 }, (_, n) => nodeOf(map(`${name}-${n}`)));
    await kube.create(map(`${name}-bystander`), { fieldManager: "somebody" });
    await graphs.put(name, all);
    await graphs.ready(name);
    await graphs.put(name, []);
    await graphs.awaitStatus(
      name,
      "has nothing left",
      ({ phase, inventory = [] }) => phase === "Ready" && inventory.length === 0,
    );
    const { items } = await kube.list({ apiVersion: "v1", kind: "ConfigMap" }, { namespace });
    expect(items.map(({ metadata }) => metadata.name).filter((one) => one.startsWith(`${name}-`))).toEqual([
      `${name}-bystander`,
    ]);
  });
});

describe("a finalizer of somebody else's", () => {
  it("is named, and holds up what it may need alone: the rest of a prune goes on", async () => {
    const secret = { apiVersion: "v1", kind: "Secret", metadata: { name, namespace } };
    await graphs.put(name, [
      nodeOf(map(name)),
      nodeOf(secret),
      nodeOf(map(`${name}-x`, undefined, elsewhere)),
    ]);
    await graphs.ready(name);
    await hold(name, [FINALIZER]);
    await graphs.put(name, []);
    const node = await graphs.node(name, name, "Pruning");
    expect(node?.message).toContain(`held by ${FINALIZER}`);
    await until("the rest goes", async () => {
      const left = [
        await isThere(`${name}-x`, elsewhere),
        await exists(kube, { ...secret, ...secret.metadata }),
      ];
      return left.every((one) => !one);
    });
    await hold(name, []);
    await graphs.ready(name);
  });

  it("is named by the graph that is being deleted, the rest goes, and the graph when it is let go", async () => {
    await graphs.put(
      name,
      [nodeOf(map(name)), nodeOf(map(`${name}-needed`), { id: "needed" }), nodeOf(map(`${name}-free`))].map(
        (node) => (node.object.metadata.name === name ? { ...node, dependsOn: ["needed"] } : node),
      ),
    );
    await graphs.ready(name);
    await hold(name, [FINALIZER]);
    await graphs.remove(name);
    const says = async () => (await graphs.get(name)).status?.message?.includes(FINALIZER);
    await until("it is named", says);
    await until("the rest goes", async () => !(await isThere(`${name}-free`)));
    // What a stuck object depends on may be what its controller needs to let go of it.
    expect(await isThere(`${name}-needed`)).toBe(true);
    await hold(name, []);
    await graphs.gone(name);
    expect(await isThere(`${name}-needed`)).toBe(false);
  });
});

describe("an engine that is killed", () => {
  const WRITES = 5;
  /** The prune and the deletion of a namespace with others' objects in it, something protected, and three of ours. */
  it.each(Array.from({ length: WRITES }, (_, n) => n + 1))(
    "at write %i of a prune and of a deletion deletes what is the graph's, and nothing else",
    async (at) => {
      const place = `${namespace}-${name}`;
      const inside = [1, 2, 3].map((n) => nodeOf(map(`m${n}`, undefined, place)));
      const protectedOne = nodeOf(map("kept", undefined, place), { applyPolicy: { protect: true } });
      const nodes = [
        nodeOf({ apiVersion: "v1", kind: "Namespace", metadata: { name: place } }),
        ...inside,
        protectedOne,
      ];
      const killedAt = async (change: () => Promise<unknown>) => {
        await engine.kill();
        const dies = Promise.withResolvers<void>();
        let writes = 0;
        const doomed = await fixture.start({
          onRequest({ verb }) {
            if (["apply", "patch", "delete"].includes(verb)) writes += 1;
            if (writes === at) dies.resolve();
          },
        });
        await change();
        await Promise.race([
          dies.promise,
          until("it is done", () => isAtRest(place), { deadlineMs: 20_000 }),
        ]);
        await doomed.kill();
        engine = await fixture.start();
        await until("all is as it should be", () => isAtRest(place));
      };
      await graphs.put(name, nodes);
      await graphs.ready(name);
      await kube.create(map("theirs", undefined, place), { fieldManager: "somebody" });
      await killedAt(() => graphs.put(name, []));
      expect((await graphs.ready(name)).nodes?.map(({ state }) => state)).toEqual(["Kept", "Kept"]);
      await killedAt(() => graphs.remove(name));
      const [kept, theirs] = await Promise.all(["kept", "theirs"].map((of) => kube.get(refTo(of, place))));
      expect(kept?.metadata.annotations?.["kubenova.io/graph-uid"]).toBeUndefined();
      expect(theirs?.metadata.managedFields?.map(({ manager }) => manager)).toEqual(["somebody"]);
      await kube.delete({ apiVersion: "v1", kind: "Namespace", name: place });
    },
  );

  const isAtRest = async (place: string): Promise<boolean> => {
    const graph = await graphs.get(name).catch(() => undefined);
    const left = await Promise.all([1, 2, 3].map((n) => isThere(`m${n}`, place)));
    const isSettled =
      !graph ||
      (graph.status?.phase === "Ready" && graph.status.observedGeneration === graph.metadata.generation);
    return left.every((one) => !one) && isSettled && graph?.metadata.deletionTimestamp === undefined;
  };
});
