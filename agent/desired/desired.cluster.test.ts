import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { releaseResource, tenantResource } from "../../domain/desired/index.ts";
import { ANNOTATION } from "../../domain/names/labels.ts";
import { TestEdge } from "../../test/agent/edge.ts";
import { installDefinitions, type RunningAgent, removeAll, runAgent } from "../../test/agent/run.ts";
import { plan } from "../../test/attack/plan.ts";
import { type Fixture, kubeFixture } from "../../test/kube/fixture.ts";
import { until } from "../../test/lib/until.ts";
import { isKind } from "../kube/index.ts";

let fixture: Fixture;
let edge: TestEdge;
const agents: RunningAgent[] = [];
let run = 0;

const idOf = (prefix: string, n: number) => `${prefix}_${String(n).padStart(26, "0")}`;
const tenantKey = (n: number) => `tenant/${idOf("ten", n)}`;
const tenant = (n: number, revision = 1, displayName = "T") => ({
  key: tenantKey(n),
  revision,
  resource: tenantResource({ id: idOf("ten", n), name: `t${n}`, displayName }),
});
const app = (n: number, namespace: string, image = "web:1", revision = 1) => ({
  key: `release/${idOf("rel", n)}`,
  revision,
  resource: releaseResource({
    id: idOf("rel", n),
    tenant: "t",
    project: "p",
    environment: "e",
    namespace,
    app: `a${n}`,
    appId: idOf("app", n),
    revisionId: idOf("rev", n),
    revisionNumber: revision,
    specDigest: `sha256:${"0".repeat(64)}`,
    source: { image: { image } },
  }),
});
const TENANT = { apiVersion: "kubenova.io/v1alpha1", kind: "NovaTenant" };
const live = async (n: number) => {
  try {
    return await fixture.kube.get({ ...TENANT, name: `t${n}` });
  } catch (error) {
    if (isKind(error, "notFound")) return undefined;
    throw error;
  }
};
const annotation = async (n: number, name: string) => (await live(n))?.metadata.annotations?.[name];
const start = async (config = {}) => {
  const agent = await runAgent({
    edge,
    kubeconfig: fixture.kubeconfig,
    namespace: fixture.namespace,
    config,
  });
  agents.push(agent);
  return agent;
};
const stopAll = async () => {
  for (const agent of agents.splice(0)) await agent.stop();
};
const ownName = async (kind: "Secret" | "ConfigMap", name: string) =>
  fixture.kube.delete({ apiVersion: "v1", kind, namespace: fixture.namespace, name }).catch(() => {});

beforeAll(async () => {
  fixture = await kubeFixture("desired-test");
  await installDefinitions(fixture.kube);
});
afterAll(async () => {
  await removeAll(fixture.kube);
  await fixture.close();
});
beforeEach(async () => {
  run += 1;
  edge = await TestEdge.start();
  edge.epochId = `epoch-${process.pid}-${run}`;
  await removeAll(fixture.kube);
});
afterEach(async () => {
  await stopAll();
  await edge.stop();
  await ownName("ConfigMap", "kubenova-agent-state");
  await ownName("Secret", "kubenova-agent-identity");
});

describe("documents", () => {
  it("become custom resources that say where they came from, and are acked when the API server has them", async () => {
    await edge.put(tenant(1));
    await start();
    await edge.acked(1);
    const object = await live(1);
    expect(object?.spec).toEqual({ tenantId: idOf("ten", 1), displayName: "T" });
    expect(object?.metadata.annotations).toMatchObject({
      [ANNOTATION.key]: tenantKey(1),
      [ANNOTATION.revision]: "1",
      [ANNOTATION.epoch]: edge.epochId,
      [ANNOTATION.correlation]: "cor-1",
    });
  });

  it("follow each other: the newest is in the cluster, and no older one ever comes back", async () => {
    await start();
    await edge.connected();
    for (let revision = 1; revision <= 20; revision += 1) await edge.put(tenant(1, revision, `n${revision}`));
    await edge.put(tenant(1, 7, "older"));
    await edge.acked(21);
    expect((await live(1))?.spec).toMatchObject({ displayName: "n20" });
    expect(await annotation(1, ANNOTATION.revision)).toBe("20");
  });

  it("that the cluster holds already cost no request: a restarted agent writes nothing", async () => {
    for (let n = 1; n <= 30; n += 1) await edge.put(tenant(n));
    await start();
    await edge.acked(30);
    const before = (await fixture.kube.list(TENANT)).items.map(({ metadata }) => metadata.resourceVersion);
    await stopAll();
    await ownName("ConfigMap", "kubenova-agent-state");
    const earlier = edge.acks.length;
    const agent = await start();
    await until("the whole set came again", () => edge.acks.slice(earlier).some(({ seq }) => seq === 30));
    const after = (await fixture.kube.list(TENANT)).items.map(({ metadata }) => metadata.resourceVersion);
    expect(after).toEqual(before);
    const { text } = await agent.get("/metrics");
    expect(text).toContain('kubenova_agent_documents_total{op="upsert",outcome="unchanged"} 30');
  });

  it("are resumed at the stored cursor: nothing is sent again", async () => {
    await edge.put(tenant(1));
    await start();
    await edge.acked(1);
    await stopAll();
    await edge.put(tenant(2));
    await start();
    await edge.acked(2);
    expect(edge.hellos[1]?.cursor).toEqual({ epochId: edge.epochId, seq: 1 });
    expect(await live(2)).toBeDefined();
  });

  it("one that the API server refuses fails alone, and says why", async () => {
    await start();
    await edge.connected();
    const bad = tenant(1);
    await edge.put({ ...bad, resource: { ...bad.resource, spec: { tenantId: 5 } } });
    for (let n = 2; n <= 20; n += 1) await edge.put(tenant(n));
    await edge.acked(20);
    expect((await edge.phase(tenantKey(1), "Refused")).message).toMatch(/tenantId/);
    expect(edge.acks.flatMap(({ refused }) => refused ?? [])).toMatchObject([
      { key: tenantKey(1), revision: 1 },
    ]);
    expect((await fixture.kube.list(TENANT)).items).toHaveLength(19);
  });

  it("with another body than their digest, of a foreign kind, or a foreign key are refused", async () => {
    await start();
    await edge.connected();
    const good = tenant(1).resource;
    const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: "x", labels: {} }, spec: {} };
    await edge.put({ key: tenantKey(2), revision: 1, resource: secret as never });
    await edge.put({ key: "node/1", revision: 1, resource: good });
    if (edge.socket) {
      const frame = {
        t: "desired",
        seq: 3,
        key: tenantKey(1),
        revision: 1,
        op: "upsert",
        correlationId: "c",
      } as const;
      const digest = `sha256:${"1".repeat(64)}`;
      edge.seq = 3;
      edge.send(edge.socket, { ...frame, digest, resource: good as unknown as Record<string, unknown> });
    }
    await edge.acked(3);
    await until("each is told", () => edge.statuses.size === 3);
    expect([...edge.statuses.values()].map(({ phase }) => phase)).toEqual(["Refused", "Refused", "Refused"]);
    expect((await fixture.kube.list(TENANT)).items).toHaveLength(0);
  });

  it("for a namespace that is not there yet wait for it, and hold up no other", async () => {
    const namespace = `late-${run}-${process.pid}`;
    await start();
    await edge.connected();
    await edge.put(app(1, namespace));
    await edge.put(tenant(2));
    await until("the other is stored", async () => (await live(2)) !== undefined);
    expect(edge.acks.every(({ seq }) => seq < 1)).toBe(true);
    await fixture.kube.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
    await edge.acked(2);
    await fixture.kube.delete({ apiVersion: "v1", kind: "Namespace", name: namespace });
  });
});

describe("tombstones", () => {
  it("delete what carries their key, and tell it", async () => {
    await edge.put(tenant(1));
    await start();
    await edge.acked(1);
    await edge.put({ key: tenantKey(1), revision: 2 });
    await edge.acked(2);
    await edge.phase(tenantKey(1), "Deleted");
    expect(await live(1)).toBeUndefined();
  });

  it("are acked when the deletion is stored; Deleted is told when finalizers have let go, also after a restart", async () => {
    await edge.put(tenant(1));
    await start();
    await edge.acked(1);
    await fixture.kube.patch({ ...TENANT, name: "t1" }, { metadata: { finalizers: ["test/hold"] } });
    await edge.put({ key: tenantKey(1), revision: 2 });
    await edge.acked(2);
    await edge.phase(tenantKey(1), "Deleting");
    await stopAll();
    await fixture.kube.patch({ ...TENANT, name: "t1" }, { metadata: { finalizers: null } });
    await start();
    await edge.phase(tenantKey(1), "Deleted");
  });

  it("of many at once all end as Deleted: none is told as Deleting after it has gone", async () => {
    const all = Array.from({ length: plan.long ? 600 : 150 }, (_, n) => n + 1);
    for (const n of all) await edge.put(tenant(n));
    await start();
    await edge.acked(all.length);
    for (const n of all) await edge.put({ key: tenantKey(n), revision: 2 });
    for (const n of all) await edge.phase(tenantKey(n), "Deleted");
    await edge.acked(2 * all.length);
    await until("nothing is told any more", () => edge.statuses.size === all.length);
    expect([...edge.statuses.values()].filter(({ phase }) => phase !== "Deleted")).toEqual([]);
  });

  it("touch no object that is not ours, though it has the name", async () => {
    await fixture.kube.create(
      { ...TENANT, metadata: { name: "t1" }, spec: { tenantId: idOf("ten", 1) } },
      { fieldManager: "kubectl" },
    );
    await start();
    await edge.connected();
    await edge.put({ key: tenantKey(1), revision: 9 });
    await edge.acked(1);
    expect(await live(1)).toBeDefined();
  });

  it("of an older revision than the live one delete nothing", async () => {
    await edge.put(tenant(1, 5));
    await start();
    await edge.acked(1);
    await edge.put({ key: tenantKey(1), revision: 4 });
    await edge.acked(2);
    expect(await live(1)).toBeDefined();
  });

  it("a document never overwrites an object of its name that somebody else made", async () => {
    await fixture.kube.create(
      { ...TENANT, metadata: { name: "t1" }, spec: { tenantId: idOf("ten", 9) } },
      { fieldManager: "kubectl" },
    );
    await start();
    await edge.connected();
    await edge.put(tenant(1));
    await edge.phase(tenantKey(1), "Refused");
    expect((await live(1))?.spec).toEqual({ tenantId: idOf("ten", 9) });
  });

  it("make room for another document of the same name", async () => {
    await edge.put(tenant(1));
    await start();
    await edge.acked(1);
    const again = { ...tenant(2), resource: tenantResource({ id: idOf("ten", 2), name: "t1" }) };
    await edge.put(again);
    await edge.put({ key: tenantKey(1), revision: 2 });
    await edge.acked(3);
    expect((await live(1))?.spec).toEqual({ tenantId: idOf("ten", 2) });
  });
});

describe("snapshots", () => {
  const withTen = async () => {
    for (let n = 1; n <= 10; n += 1) await edge.put(tenant(n));
    await start();
    await edge.acked(10);
    await stopAll();
  };
  const forget = () => ownName("ConfigMap", "kubenova-agent-state");
  const count = async () => (await fixture.kube.list(TENANT)).items.length;

  it("of an epoch that is known delete what they lack", async () => {
    await withTen();
    edge.documents.delete(tenantKey(3));
    edge.afterHello = async (_edge, socket) => {
      edge.afterHello = undefined;
      edge.welcome(socket, "snapshot");
      await edge.sendSnapshot(socket);
    };
    await start();
    await until("the absent one is gone", async () => (await live(3)) === undefined);
    expect(await count()).toBe(9);
  });

  it("cut in the middle delete nothing, and the next one is whole", async () => {
    await withTen();
    edge.afterHello = async (_edge, socket) => {
      edge.afterHello = undefined;
      edge.welcome(socket, "snapshot");
      await edge.sendSnapshot(socket, { stopAfter: 4 });
      socket.terminate();
    };
    await start();
    await edge.connected(3);
    await until("settled", () => edge.acks.length > 0 && edge.hellos.length >= 3);
    expect(await count()).toBe(10);
  });

  it("with a wrong digest delete nothing, and another is asked for", async () => {
    await withTen();
    edge.afterHello = async (_edge, socket) => {
      edge.afterHello = undefined;
      edge.welcome(socket, "snapshot");
      await edge.sendSnapshot(socket, { without: [tenantKey(1), tenantKey(2)], wrongDigest: true });
    };
    await start();
    await edge.connected(3);
    expect(edge.hellos.at(-1)?.cursor).toBeUndefined();
    expect(await count()).toBe(10);
  });

  it("that name another epoch than the welcome's end the session", async () => {
    await withTen();
    edge.afterHello = async (_edge, socket) => {
      edge.afterHello = undefined;
      edge.welcome(socket, "snapshot");
      await edge.sendSnapshot(socket, { without: [tenantKey(1)], epochId: "another" });
    };
    await start();
    await edge.connected(3);
    expect(await count()).toBe(10);
  });

  it("the first of a new epoch deletes nothing: what it lacks is an orphan, until a tombstone", async () => {
    await withTen();
    edge.epoch = 2;
    edge.epochId = `${edge.epochId}-b`;
    edge.documents.delete(tenantKey(1));
    edge.documents.delete(tenantKey(2));
    await start();
    await edge.phase(tenantKey(1), "Orphaned");
    await edge.phase(tenantKey(2), "Orphaned");
    expect(await count()).toBe(10);
    expect(await annotation(1, ANNOTATION.orphaned)).toBe("true");
    await edge.acked(10);
    await edge.put({ key: tenantKey(1), revision: 1 });
    await edge.phase(tenantKey(1), "Deleted");
    await edge.put(tenant(2, 1, "back"));
    await edge.acked(12);
    expect(await annotation(2, ANNOTATION.orphaned)).toBeUndefined();
    expect((await live(2))?.spec).toMatchObject({ displayName: "back" });
  });

  it("later ones of that epoch do not delete its orphans either", async () => {
    await withTen();
    edge.epoch = 2;
    edge.epochId = `${edge.epochId}-b`;
    edge.documents.delete(tenantKey(1));
    await start();
    await edge.phase(tenantKey(1), "Orphaned");
    await edge.acked(10);
    await stopAll();
    edge.statuses.clear();
    edge.afterHello = async (_edge, socket) => {
      edge.welcome(socket, "snapshot");
      await edge.sendSnapshot(socket);
    };
    await start();
    await edge.phase(tenantKey(1), "Orphaned");
    expect(await count()).toBe(10);
  });

  it("an agent without a state, among objects of another epoch, deletes nothing", async () => {
    await withTen();
    await forget();
    edge.epochId = `${edge.epochId}-b`;
    edge.documents.clear();
    await start();
    await edge.phase(tenantKey(10), "Orphaned");
    expect(await count()).toBe(10);
  });

  it("an agent without a state deletes nothing, though the objects are of the same epoch", async () => {
    await withTen();
    await forget();
    edge.documents.delete(tenantKey(4));
    await start();
    await edge.phase(tenantKey(4), "Orphaned");
    expect(await count()).toBe(10);
  });

  it("a manager of an older epoch is not followed", async () => {
    edge.epoch = 4;
    await withTen();
    edge.epoch = 3;
    edge.epochId = "restored-from-yesterday";
    edge.documents.clear();
    await edge.put(tenant(1, 99, "yesterday"));
    const agent = await start();
    await until("it says so", () => /epoch 3 is older than 4/.test(agent.health().tunnel.reason ?? ""));
    expect((await live(1))?.spec).toMatchObject({ displayName: "T" });
    expect(await count()).toBe(10);
  });
});

describe("what people do in the cluster", () => {
  it("a custom resource that somebody deleted comes back by a snapshot", async () => {
    await edge.put(tenant(1));
    await start();
    await edge.acked(1);
    await fixture.kube.delete({ ...TENANT, name: "t1" });
    await until("it is back", async () => (await live(1)) !== undefined);
    expect(edge.hellos.at(-1)?.cursor).toBeUndefined();
  });

  it("a custom resource that somebody changed is put right", async () => {
    await edge.put(tenant(1));
    await start();
    await edge.acked(1);
    await fixture.kube.patch(
      { ...TENANT, name: "t1" },
      { spec: { displayName: "mine" } },
      { fieldManager: "kubectl" },
    );
    const name = async () => ((await live(1))?.spec as { displayName?: string })?.displayName;
    await until("it is put right", async () => (await name()) === "T");
  });
});
