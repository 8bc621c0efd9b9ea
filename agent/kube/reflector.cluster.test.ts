import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Cluster, up } from "../../test/cluster/index.ts";
import { backUpStorage, compactHistory, killAndAwaitRestart } from "../../test/kube/api-server.ts";
import { configMap as configMapIn, crd } from "../../test/kube/fixture.ts";
import { createManualClock } from "../../test/kube/manual-clock.ts";
import { startRelay, type TcpRelay } from "../../test/kube/tcp-relay.ts";
import { until } from "../../test/lib/until.ts";
import { systemClock } from "./clock.ts";
import {
  createKube,
  createReflector,
  type Kube,
  loadKube,
  type Reflector,
  type ReflectorOptions,
} from "./index.ts";
import { kubeconfigSource } from "./kubeconfig.ts";
import { watch } from "./watch.ts";

/** Its API server is killed: nobody else may use it. */
const NAME = "unit-kube-reflector";
const namespace = "default";
const type = { apiVersion: "v1", kind: "ConfigMap" };
let cluster: Cluster;
let writer: Kube;
const cleanups: (() => unknown)[] = [];

beforeAll(async () => {
  cluster = await up({ name: NAME, node: "none" });
  writer = await loadKube({ kubeconfig: cluster.kubeconfig });
});
afterAll(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
  writer?.close();
  await cluster?.down();
});

const configMap = (name: string, data?: Record<string, string>) => configMapIn(namespace, name, data);
const refTo = (name: string) => ({ ...type, namespace, name });

/** A reflector behind a relay, and a copy of its store made from what its handler is told alone. */
async function observed(options: Partial<ReflectorOptions<unknown>> = {}) {
  const source = await kubeconfigSource({ file: cluster.kubeconfig });
  const relay: TcpRelay = await startRelay(source.server.href);
  const kube = createKube({ ...source, server: relay.url });
  const reflector = createReflector(kube, { type, namespace, ...options } as ReflectorOptions<never>);
  const told: string[] = [];
  const copy = new Map<string, string>();
  reflector.on({
    added: (object: { metadata: { resourceVersion: string } }, key) => {
      told.push(`+${key}`);
      if (copy.has(key)) throw new Error(`${key} was added twice`);
      copy.set(key, object.metadata.resourceVersion);
    },
    updated: (object: { metadata: { resourceVersion: string } }, _, key) => {
      told.push(`~${key}`);
      if (!copy.has(key)) throw new Error(`${key} was updated before it was added`);
      copy.set(key, object.metadata.resourceVersion);
    },
    deleted: (_, key) => {
      told.push(`-${key}`);
      if (!copy.delete(key)) throw new Error(`${key} was deleted twice`);
    },
  });
  cleanups.push(
    () => relay.close(),
    () => kube.close(),
    () => reflector.stop(),
  );
  await reflector.synced;
  return { reflector: reflector as Reflector, relay, told, copy };
}

/** What the server has is what was told, and no handler ever objected. */
async function settle(reflector: Reflector, copy: Map<string, string>): Promise<void> {
  await until("the copy equals the server's objects", async () => {
    const { items } = await writer.listAll(type, { namespace });
    const there = new Map(
      items.map(({ metadata }) => [`${namespace}/${metadata.name}`, metadata.resourceVersion]),
    );
    return there.size === copy.size && [...there].every(([key, version]) => copy.get(key) === version);
  });
  expect(reflector.health().handlerErrors).toBe(0);
}

describe("a reflector on a real API server", () => {
  it("follows every change through a kill and restart of the server", async () => {
    const { reflector, told, copy } = await observed();
    let stop = false;
    const write = async (worker: number) => {
      for (let n = 0; !stop; n += 1) {
        const name = `w${worker}-${n % 20}`;
        // While the server is away a write may fail or hang: what counts is what the server has in the end.
        if (n % 3 === 2) await writer.delete(refTo(name), { timeoutMs: 2_000 }).catch(() => {});
        else await writer.apply(configMap(name, { n: `${n}` }), { timeoutMs: 2_000 }).catch(() => {});
      }
    };
    const writers = [1, 2, 3, 4].map(write);
    await until("changes flow", () => told.length > 100);
    await killAndAwaitRestart(cluster.kubeconfig);
    const before = told.length;
    await until("changes flow again", () => told.length > before + 100);
    stop = true;
    await Promise.all(writers);
    await settle(reflector, copy);
  });

  it("misses nothing of what happened while it was cut off and history was compacted", async () => {
    const { reflector, relay, told, copy } = await observed();
    await writer.apply(configMap("stays"));
    await writer.apply(configMap("goes"));
    await until("both are known", () => reflector.store.has("default/goes"));
    relay.cut();
    await writer.delete(refTo("goes"));
    await writer.apply(configMap("comes"));
    // A restarted server's watch cache begins at the compacted revision: what lies before is 410 Gone.
    await compactHistory(cluster.kubeconfig);
    await killAndAwaitRestart(cluster.kubeconfig);
    relay.restore();
    await until("what came is known", () => reflector.store.has("default/comes"));
    expect(reflector.health().relists).toBe(1);
    expect(told.filter((line) => line === "-default/goes")).toHaveLength(1);
    expect(told.filter((line) => line.endsWith("default/stays"))).toHaveLength(1);
    await settle(reflector, copy);
  });

  it("is told by the server that a version is gone, in the form that it understands", async () => {
    const options = {
      timeoutSeconds: 5,
      idleMs: () => 5_000,
      clock: systemClock,
      onContact() {},
      onEvent() {},
    };
    const { signal } = new AbortController();
    const watching = watch(writer, await writer.resolve(type), { ...options, resourceVersion: "1", signal });
    await expect(watching).rejects.toMatchObject({ kind: "gone" });
  });

  it("loses what a restored backup has lost, although the new history soon passes the old", async () => {
    const { reflector, copy } = await observed();
    const restore = backUpStorage(cluster.kubeconfig);
    await writer.apply(configMap("lost"));
    await until("it is known", () => reflector.store.has("default/lost"));
    await restore();
    for (let n = 0; n < 50; n += 1) await writer.apply(configMap("busy", { n: `${n}` }));
    await until("it is lost", () => !reflector.store.has("default/lost"));
    await settle(reflector, copy);
  });

  it("notices a connection that went silent, and what changed meanwhile", async () => {
    const clock = createManualClock();
    const { reflector, relay, copy } = await observed({ clock });
    relay.stall();
    await writer.apply(configMap("unheard"));
    await clock.advance(151_000);
    relay.restore();
    await until("the change is known", async () => {
      await clock.advance(1_000);
      return reflector.store.has("default/unheard");
    });
    await settle(reflector, copy);
  });

  it("tells unlabelling as a deletion, since the object left what was selected", async () => {
    const { reflector, told } = await observed({ labelSelector: "team=a" });
    await writer.apply({
      ...configMap("labelled"),
      metadata: { namespace, name: "labelled", labels: { team: "a" } },
    });
    await until("it is known", () => reflector.store.size === 1);
    await writer.apply(configMap("labelled"));
    await until("it has left", () => reflector.store.size === 0);
    expect(told).toEqual(["+default/labelled", "-default/labelled"]);
    expect((await writer.get(refTo("labelled"))).metadata.uid).toBeDefined();
  });

  it("begins when its kind comes, and ends empty when the kind goes with its objects", async () => {
    const kube = await loadKube({ kubeconfig: cluster.kubeconfig });
    const things = { apiVersion: "client.test/v1", kind: "Thing" };
    const reflector = createReflector(kube, { type: things });
    cleanups.push(
      () => kube.close(),
      () => reflector.stop(),
    );
    await until("it says that the kind is absent", () => reflector.health().state === "absent");
    await writer.apply(crd("things", "Thing"));
    await reflector.synced;
    await writer.apply({ ...things, metadata: { name: "one", namespace } });
    await until("the object is known", () => reflector.store.has("default/one"));
    const name = "things.client.test";
    await writer.delete({ apiVersion: "apiextensions.k8s.io/v1", kind: "CustomResourceDefinition", name });
    await until("the kind is absent again", () => reflector.health().state === "absent");
    // The server told the deletion of each object before it ended the kind.
    expect(reflector.store.size).toBe(0);
  });
});
