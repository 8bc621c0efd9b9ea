import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import type { DesiredDocument } from "../domain/desired/index.ts";
import { HeldClusters } from "../test/workerd/clusters.ts";
import { anId, seedWorld, type World } from "../test/workerd/seed.ts";
import { type NewEvent, recordEvents } from "../worker/store/events.ts";
import { eventsByIds } from "../worker/store/outbox.ts";
import { deliverEvents, deliverStored } from "./deliver.ts";

let clusters: HeldClusters;
let world: World;

beforeEach(async () => {
  clusters = new HeldClusters();
  world = await seedWorld(env.DB);
});

/** Writes events beside other statements, as a mutation does. */
async function commit(news: NewEvent[], statements: D1PreparedStatement[] = []): Promise<string[]> {
  const recorded = recordEvents(
    env.DB,
    { actor: "test", correlationId: "corr-1", now: Date.now(), shard: 0, newId: anId },
    news,
  );
  await env.DB.batch([...statements, ...recorded.statements]);
  return recorded.ids;
}

const deploy = (at: World = world): NewEvent =>
  ({
    type: "evt.deploy.requested",
    tenantId: at.tenantId,
    subject: `release/${at.releaseId}`,
    data: {},
  }) as unknown as NewEvent;

const environmentEvent = (verb: string, before: string | null, after: string | null): NewEvent =>
  ({
    type: `evt.environment.${verb}`,
    tenantId: world.tenantId,
    subject: `environment/${world.environmentId}`,
    data: {
      before: before ? { projectId: world.projectId, clusterId: before } : null,
      after: after ? { projectId: world.projectId, clusterId: after } : null,
    },
  }) as unknown as NewEvent;

const undelivered = async (): Promise<number> =>
  (await env.DB.prepare("SELECT COUNT(*) AS n FROM events WHERE delivered_at IS NULL").first<{ n: number }>())
    ?.n ?? -1;

const waiting = async (ids: string[]): Promise<unknown[]> => {
  const among = "id IN (SELECT value FROM json_each(?)) AND delivered_at IS NULL";
  const { results } = await env.DB.prepare(`SELECT id FROM events WHERE ${among}`)
    .bind(JSON.stringify(ids))
    .all();
  return results;
};

describe("delivering events", () => {
  it("sends a deployment's document to the cluster of its environment and marks the event", async () => {
    await deliverEvents(clusters.within(env), await commit([deploy()]));
    const document = clusters.of(world.clusterId).get(`release/${world.releaseId}`);
    expect(document).toMatchObject({ op: "upsert", revision: 1, correlationId: "corr-seed" });
    expect(document?.resource?.spec).toMatchObject({
      app: "web",
      source: { image: { image: "registry.local/web:1" } },
    });
    expect(await undelivered()).toBe(0);
  });

  it("sends tenant, project and releases of an environment that was placed", async () => {
    await deliverEvents(
      clusters.within(env),
      await commit([environmentEvent("created", null, world.clusterId)]),
    );
    expect(Object.keys(clusters.summary(world.clusterId)).sort()).toEqual(
      [`project/${world.projectId}`, `release/${world.releaseId}`, `tenant/${world.tenantId}`].sort(),
    );
  });

  it("leaves tombstones where an environment was and upserts where it is", async () => {
    const target = anId("cluster");
    await deliverEvents(
      clusters.within(env),
      await commit([environmentEvent("created", null, world.clusterId)]),
    );
    const move = [
      env.DB.prepare("UPDATE environments SET cluster_id = ?, placements = ? WHERE id = ?").bind(
        target,
        JSON.stringify([{ clusterId: world.clusterId }, { clusterId: target }]),
        world.environmentId,
      ),
      env.DB.prepare("UPDATE projects SET desired_revision = desired_revision + 1 WHERE id = ?").bind(
        world.projectId,
      ),
      env.DB.prepare("UPDATE releases SET desired_revision = desired_revision + 1 WHERE id = ?").bind(
        world.releaseId,
      ),
    ];
    const ids = await commit([environmentEvent("updated", world.clusterId, target)], move);
    await deliverEvents(clusters.within(env), ids);
    const ops = (clusterId: string) => [...clusters.of(clusterId).values()].map(({ op }) => op);
    expect(ops(world.clusterId)).toEqual(["tombstone", "tombstone", "tombstone"]);
    expect(ops(target)).toEqual(["upsert", "upsert", "upsert"]);
  });

  it("sends nothing twice to one that has it: a repeat is stale", async () => {
    const ids = await commit([deploy()]);
    await deliverEvents(clusters.within(env), ids);
    await deliverEvents(clusters.within(env), ids);
    expect(clusters.calls).toHaveLength(1);
  });

  it("lets an event fail alone where its cluster fails", async () => {
    const other = await seedWorld(env.DB);
    clusters.before = (clusterId) => {
      if (clusterId === other.clusterId) throw new Error("object is away");
    };
    const [good, bad] = await commit([deploy(), deploy(other)]);
    await deliverEvents(clusters.within(env), [good ?? "", bad ?? ""]);
    const { results } = await env.DB.prepare(
      "SELECT id, delivered_at FROM events WHERE id IN (?, ?) ORDER BY seq",
    )
      .bind(good, bad)
      .all();
    expect(results.map(({ id, delivered_at }) => [id, delivered_at !== null])).toEqual([
      [good, true],
      [bad, false],
    ]);
    expect(clusters.of(world.clusterId).size).toBe(1);
  });

  it("keeps specs of a megabyte each within bounds, and sends them all", async () => {
    const spec = {
      specVersion: 1 as const,
      source: {
        raw: {
          manifests: [
            {
              apiVersion: "v1",
              kind: "ConfigMap",
              metadata: { name: "big" },
              data: { text: "x".repeat(900_000) },
            },
          ],
        },
      },
    };
    const worlds = await Promise.all(
      Array.from({ length: 6 }, () => seedWorld(env.DB, { clusterId: world.clusterId, spec })),
    );
    await deliverEvents(clusters.within(env), await commit(worlds.map((each) => deploy(each))));
    expect(clusters.of(world.clusterId).size).toBe(6);
    expect(Math.max(...clusters.calls.map(({ keys }) => keys.length))).toBeLessThanOrEqual(4);
  });

  it("keeps an event waiting where the queue fails, and delivers it whole later", async () => {
    const broken = { EVENTS: { sendBatch: () => Promise.reject(new Error("away")) } };
    const ids = await commit([deploy()]);
    await deliverEvents({ ...clusters.within(env), ...(broken as object) }, ids);
    expect(clusters.of(world.clusterId).size).toBe(1);
    const row = () =>
      env.DB.prepare("SELECT delivered_at FROM events WHERE id = ?").bind(ids[0]).first("delivered_at");
    expect(await row()).toBeNull();
    await deliverEvents(clusters.within(env), ids);
    expect(await row()).not.toBeNull();
  });

  it.each([
    ["fails", () => Promise.reject(new Error("away"))],
    ["hangs", () => new Promise(() => {})],
  ])(
    "delivers all events where the feed of one tenant %s: feeds look by themselves",
    async (_how, broken) => {
      const other = await seedWorld(env.DB);
      const poked: string[] = [];
      const sent: unknown[] = [];
      const TENANT = {
        getByName: (name: string) => ({
          poke: () => (name === world.tenantId ? broken() : Promise.resolve(void poked.push(name))),
        }),
      };
      const EVENTS = { sendBatch: async (messages: Iterable<unknown>) => void sent.push(...messages) };
      const ids = await commit([deploy(), deploy(other)]);
      const given = { ...clusters.within(env), TENANT, EVENTS } as unknown as typeof env;
      expect(await deliverStored(given, await eventsByIds(env.DB, ids))).toEqual(new Map());
      expect(poked).toEqual([other.tenantId]);
      expect(JSON.stringify(sent)).toContain(ids[0]);
      expect(await waiting(ids)).toEqual([]);
    },
  );

  it("takes a document that came after its time limit for what it is: the repeat is stale", async () => {
    const gate = Promise.withResolvers<void>();
    const within = clusters.within(env);
    const CLUSTER = {
      getByName: (id: string) => ({
        deliver: async (documents: DesiredDocument[]) => {
          await gate.promise;
          return clusters.deliver(id, structuredClone(documents));
        },
      }),
    };
    const ids = await commit([deploy()]);
    const events = await eventsByIds(env.DB, ids);
    const failures = await deliverStored({ ...within, CLUSTER } as unknown as typeof env, events);
    expect([...failures.values()]).toEqual(["no answer in 5000 ms"]);
    gate.resolve();
    await expect.poll(() => clusters.of(world.clusterId).size).toBe(1);
    const held = clusters.summary(world.clusterId);
    expect(await deliverStored(within, events)).toEqual(new Map());
    expect(clusters.summary(world.clusterId)).toEqual(held);
  });

  it("pokes the feed of the event's tenant alone, and the platform's for what has none", async () => {
    const poked: string[] = [];
    const TENANT = { getByName: (name: string) => ({ poke: async () => void poked.push(name) }) };
    const cluster = { type: "evt.cluster.connected", tenantId: null, subject: "cluster/x", data: {} };
    const ids = await commit([deploy(), cluster as unknown as NewEvent]);
    await deliverEvents({ ...clusters.within(env), TENANT } as unknown as typeof env, ids);
    expect(poked.sort()).toEqual(["platform", world.tenantId].sort());
  });

  it("lets one document that a cluster refuses fail alone among its siblings", async () => {
    const siblings = await Promise.all(
      Array.from({ length: 4 }, () => seedWorld(env.DB, { clusterId: world.clusterId })),
    );
    clusters.before = (_clusterId, documents) => {
      if (documents.some(({ key }) => key === `release/${siblings[1]?.releaseId}`))
        throw new Error("too large");
    };
    await deliverEvents(clusters.within(env), await commit(siblings.map((each) => deploy(each))));
    expect(clusters.of(world.clusterId).size).toBe(3);
    const waiting = await env.DB.prepare(
      "SELECT subject FROM events WHERE delivered_at IS NULL AND subject <> ?",
    )
      .bind(`release/${world.releaseId}`)
      .all();
    expect(waiting.results.map(({ subject }) => subject)).toContain(`release/${siblings[1]?.releaseId}`);
  });
});
