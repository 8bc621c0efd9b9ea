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

async function commitDeployment({ tenantId, releaseId }: World): Promise<string[]> {
  const origin = { actor: "test", correlationId: "corr-1", now: Date.now(), shard: 0, newId: anId };
  const news = { type: "evt.deploy.requested", tenantId, subject: `release/${releaseId}`, data: {} };
  const recorded = recordEvents(env.DB, origin, [news as unknown as NewEvent]);
  await env.DB.batch(recorded.statements);
  return recorded.ids;
}

const undelivered = async (): Promise<number> =>
  (await env.DB.prepare("SELECT COUNT(*) AS n FROM events WHERE delivered_at IS NULL").first<{ n: number }>())
    ?.n ?? -1;

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
});
