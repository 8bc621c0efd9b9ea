import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { DesiredDocument } from "../../domain/desired/index.ts";
import { anId, seedWorld, type World } from "../../test/workerd/seed.ts";
import type { Env } from "../env.ts";
import { type NewEvent, recordEvents } from "../store/events.ts";
import { deliverSoon } from "./deliver-soon.ts";

/** An environment whose clusters' objects answer when they are let. */
function withClusters(deliver: (clusterId: string, documents: DesiredDocument[]) => Promise<void>): Env {
  const getByName = (clusterId: string) => ({
    deliver: async (documents: DesiredDocument[]) => {
      await deliver(clusterId, documents);
      return { accepted: documents.length, stale: 0 };
    },
  });
  return { ...env, CLUSTER: { getByName } as unknown as Env["CLUSTER"] };
}

const deployment = ({ tenantId, releaseId }: World) => ({
  type: "evt.deploy.requested",
  tenantId,
  subject: `release/${releaseId}`,
});
const deletion = ({ tenantId, appId }: World) => ({
  type: "evt.app.deleted",
  tenantId,
  subject: `app/${appId}`,
});

/** In one transaction, so that they go in one round. */
async function commit(...news: { type: string; tenantId: string; subject: string }[]): Promise<string[]> {
  const origin = { actor: "test", correlationId: "corr-1", now: Date.now(), shard: 0, newId: anId };
  const events = news.map((each) => ({ ...each, data: {} }) as unknown as NewEvent);
  const recorded = recordEvents(env.DB, origin, events);
  await env.DB.batch(recorded.statements);
  return recorded.ids;
}

const undelivered = async (): Promise<number> =>
  (await env.DB.prepare("SELECT COUNT(*) AS n FROM events WHERE delivered_at IS NULL").first<{ n: number }>())
    ?.n ?? -1;

const commitDeployment = (world: World): Promise<string[]> => commit(deployment(world));

/** The same environment, whose database answers each batch as it is told. */
function withBatches(given: Env, pass: (call: number) => Promise<void>): Env {
  let calls = 0;
  const batch = async (statements: D1PreparedStatement[]) => {
    await pass(++calls);
    return env.DB.batch(statements);
  };
  const DB = new Proxy(env.DB, {
    get: (target, name) => {
      const member: unknown = name === "batch" ? batch : Reflect.get(target, name, target);
      return typeof member === "function" && name !== "batch" ? member.bind(target) : member;
    },
  });
  return { ...given, DB };
}

const undeliveredIds = async (): Promise<string[]> => {
  const { results } = await env.DB.prepare("SELECT id FROM events WHERE delivered_at IS NULL").all<{
    id: string;
  }>();
  return results.map(({ id }) => id);
};

describe("deliveries after answers", () => {
  it("do not wait for a cluster's object that does not answer, and end when it does", async () => {
    const slow = await seedWorld(env.DB);
    const quick = await seedWorld(env.DB);
    const told: string[] = [];
    const gate = Promise.withResolvers<void>();
    const clusters = withClusters(async (clusterId) => {
      told.push(clusterId);
      if (clusterId === slow.clusterId) await gate.promise;
    });
    const held = deliverSoon(clusters, await commitDeployment(slow));
    await expect.poll(() => told).toEqual([slow.clusterId]);
    await deliverSoon(clusters, await commitDeployment(quick));
    expect(told).toEqual([slow.clusterId, quick.clusterId]);
    expect(await undelivered()).toBe(1);
    gate.resolve();
    await held;
    expect(await undelivered()).toBe(0);
  });

  it.each([
    ["deployments", deployment],
    ["deletions", deletion],
  ])("of one round do not wait for another's cluster that hangs: %s", async (_what, event) => {
    const [hangs, quick] = [await seedWorld(env.DB), await seedWorld(env.DB)];
    const told: string[] = [];
    const gate = Promise.withResolvers<void>();
    const clusters = withClusters(async (clusterId) => {
      told.push(clusterId);
      if (clusterId === hangs.clusterId) await gate.promise;
    });
    const ids = await commit(event(hangs), event(hangs), event(quick));
    const held = deliverSoon(clusters, ids);
    await expect.poll(() => told).toContain(quick.clusterId);
    gate.resolve();
    await held;
    expect(await undelivered()).toBe(0);
  });

  it("give a cluster that hangs five seconds, once, whatever it is to hold; the others' are delivered", async () => {
    const [hangs, quick] = [await seedWorld(env.DB), await seedWorld(env.DB)];
    const told: string[] = [];
    const clusters = withClusters(async (clusterId) => {
      told.push(clusterId);
      if (clusterId === hangs.clusterId) await new Promise(() => {});
    });
    const many = Array.from({ length: 12 }, () => deletion(hangs));
    await deliverSoon(clusters, await commit(deployment(hangs), ...many, deletion(quick)));
    expect(told).toContain(quick.clusterId);
    expect(told.filter((each) => each === hangs.clusterId).length).toBeLessThanOrEqual(4);
    expect(await undelivered()).toBe(1 + many.length);
    await deliverSoon(
      withClusters(async () => {}),
      await undeliveredIds(),
    );
    expect(await undelivered()).toBe(0);
  });

  it("that are under way end within their request's time, though a later round cannot be read", async () => {
    const [slow, lost] = [await seedWorld(env.DB), await seedWorld(env.DB)];
    const [slowIds, lostIds] = [await commitDeployment(slow), await commitDeployment(lost)];
    const gate = Promise.withResolvers<void>();
    const failed = Promise.withResolvers<void>();
    const clusters = withClusters(() => gate.promise);
    const given = withBatches(clusters, async (call) => {
      if (call === 1) await deliverSoon(given, lostIds);
      if (call !== 2) return;
      failed.resolve();
      throw new Error("D1 is away");
    });
    let ended = false;
    const held = deliverSoon(given, slowIds).finally(() => {
      ended = true;
    });
    await failed.promise;
    await commitDeployment(slow);
    expect(ended).toBe(false);
    gate.resolve();
    await held;
    expect(await undelivered()).toBe(2);
  });
});
