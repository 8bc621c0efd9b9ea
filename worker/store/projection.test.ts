import { env } from "cloudflare:workers";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { EVENTS, isEventType } from "../../protocol/events/catalogue.ts";
import type { DocumentStatus, Phase } from "../../protocol/resources/status.ts";
import { plan } from "../../test/attack/plan.ts";
import { anId, seedWorld, type World } from "../../test/workerd/seed.ts";
import { writeProjection } from "./projection.ts";

let world: World;

beforeEach(async () => {
  await env.DB.prepare("DELETE FROM events").run();
  world = await seedWorld(env.DB);
});

interface Report {
  seq: number;
  phase: Phase;
  revision?: number;
  epoch?: number;
  clusterId?: string;
}

const report = ({ seq, phase, revision = 1, epoch = 1, clusterId = world.clusterId }: Report) => {
  const status: DocumentStatus = { key: `release/${world.releaseId}`, revision, phase, message: `at ${seq}` };
  return writeProjection(
    env.DB,
    { clusterId, epoch, items: [{ key: status.key, status, statusSeq: seq }] },
    { now: 1_000 + seq, shard: 2, newId: anId },
  );
};

const row = () =>
  env.DB.prepare(
    "SELECT phase, message, observed_revision, status_seq, status_epoch FROM releases WHERE id = ?",
  )
    .bind(world.releaseId)
    .first();
const told = async (): Promise<string[]> =>
  (await env.DB.prepare("SELECT type FROM events ORDER BY seq").all<{ type: string }>()).results.map(
    ({ type }) => type.replace("evt.deploy.", ""),
  );
const deployAgain = () =>
  env.DB.prepare("UPDATE releases SET desired_revision = desired_revision + 1 WHERE id = ?")
    .bind(world.releaseId)
    .run();

describe("the projection of a cluster's statuses", () => {
  it("never goes back: an older status changes nothing", async () => {
    await report({ seq: 5, phase: "Ready" });
    await report({ seq: 4, phase: "Failed" });
    await report({ seq: 5, phase: "Failed" });
    expect(await row()).toMatchObject({ phase: "Ready", message: "at 5", status_seq: 5 });
  });

  it("takes a new epoch's counter from its start, and the old epoch's no more", async () => {
    await report({ seq: 900, phase: "Ready" });
    await report({ seq: 1, phase: "Progressing", epoch: 2 });
    await report({ seq: 901, phase: "Failed", epoch: 1 });
    expect(await row()).toMatchObject({ phase: "Progressing", status_epoch: 2, status_seq: 1 });
  });

  it("listens to the cluster of the placement alone, and to a new one from its first word", async () => {
    await report({ seq: 900, phase: "Ready" });
    const next = anId("cluster");
    await report({ seq: 1, phase: "Failed", clusterId: next });
    expect(await row()).toMatchObject({ phase: "Ready" });
    await env.DB.prepare("UPDATE environments SET cluster_id = ? WHERE id = ?")
      .bind(next, world.environmentId)
      .run();
    await report({ seq: 901, phase: "Deleted" });
    await report({ seq: 1, phase: "Progressing", clusterId: next });
    expect(await row()).toMatchObject({ phase: "Progressing", status_seq: 1 });
  });

  it("ends at the newest status in whatever order and however often they come", async () => {
    const phases: Phase[] = ["Pending", "Progressing", "Ready", "Degraded", "Failed"];
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ seq: fc.integer({ min: 1, max: 9 }), epoch: fc.integer({ min: 1, max: 3 }) }), {
          minLength: 1,
          maxLength: 12,
        }),
        async (reports) => {
          world = await seedWorld(env.DB);
          const phaseOf = (each: { seq: number; epoch: number }) =>
            phases[(each.seq + each.epoch) % 5] ?? "Pending";
          for (const each of reports) await report({ ...each, phase: phaseOf(each) });
          const newest = [...reports].sort((a, b) => b.epoch - a.epoch || b.seq - a.seq)[0] ?? {
            seq: 0,
            epoch: 0,
          };
          expect(await row()).toMatchObject({
            status_seq: newest.seq,
            status_epoch: newest.epoch,
            phase: phaseOf(newest),
          });
        },
      ),
      { numRuns: plan.times(25) },
    );
  });
});

describe("deploy events", () => {
  it("tell of each deployment once: that it began, and how it ended", async () => {
    for (const [index, phase] of (
      ["Pending", "Progressing", "Progressing", "Ready", "Degraded", "Ready"] as const
    ).entries())
      await report({ seq: index + 1, phase });
    expect(await told()).toEqual(["started", "succeeded"]);
    await deployAgain();
    await report({ seq: 7, phase: "Progressing", revision: 2 });
    await report({ seq: 8, phase: "Failed", revision: 2 });
    await report({ seq: 9, phase: "Failed", revision: 2 });
    await report({ seq: 10, phase: "Ready", revision: 2 });
    expect((await told()).slice(2)).toEqual(["started", "failed", "succeeded"]);
  });

  it("are not written for a status that is not taken, nor for a revision that was replaced", async () => {
    await report({ seq: 2, phase: "Progressing" });
    await report({ seq: 1, phase: "Ready" });
    await deployAgain();
    await report({ seq: 3, phase: "Ready", revision: 1 });
    expect(await told()).toEqual(["started"]);
    expect(await row()).toMatchObject({ observed_revision: 1, phase: "Ready" });
  });

  it("are as the catalogue says, and are returned for delivery", async () => {
    const ids = await report({ seq: 1, phase: "Refused" });
    const event = await env.DB.prepare("SELECT id, type, data, shard, tenant_id FROM events").first<{
      id: string;
      type: string;
      data: string;
    }>();
    expect(event).toMatchObject({
      id: ids[0],
      type: "evt.deploy.failed",
      shard: 2,
      tenant_id: world.tenantId,
    });
    if (!event || !isEventType(event.type)) throw new Error("no event of the catalogue");
    expect(EVENTS[event.type].data.parse(JSON.parse(event.data))).toMatchObject({
      app: "web",
      phase: "Refused",
    });
  });

  it("cost two statements for two hundred statuses", async () => {
    const worlds = await Promise.all(
      Array.from({ length: 200 }, () => seedWorld(env.DB, { clusterId: world.clusterId })),
    );
    const items = worlds.map(({ releaseId }, index) => ({
      key: `release/${releaseId}`,
      status: { key: `release/${releaseId}`, revision: 1, phase: "Ready" as const },
      statusSeq: index + 1,
    }));
    const projection = { clusterId: world.clusterId, epoch: 1, items };
    expect(await writeProjection(env.DB, projection, { now: 1, shard: 0, newId: anId })).toHaveLength(200);
    expect(await writeProjection(env.DB, projection, { now: 2, shard: 0, newId: anId })).toHaveLength(0);
  });
});
