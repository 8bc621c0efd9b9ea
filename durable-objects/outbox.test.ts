import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import type { AuditEntry } from "../domain/audit/entry.ts";
import { MAX_ATTEMPTS } from "../domain/outbox/index.ts";
import { allAppended, loggedIn } from "../test/workerd/audit.ts";
import { HeldClusters } from "../test/workerd/clusters.ts";
import { anId, seedWorld, type World } from "../test/workerd/seed.ts";
import type { Env } from "../worker/env.ts";
import { recordEntry } from "../worker/store/audit.ts";
import { type NewEvent, recordEvents } from "../worker/store/events.ts";

const SHARD = 3;
const outbox = env.OUTBOX.getByName(String(SHARD));
let clusters: HeldClusters;
let world: World;

beforeEach(async () => {
  clusters = new HeldClusters();
  world = await seedWorld(env.DB);
  await env.DB.prepare("DELETE FROM events").run();
  await runInDurableObject(outbox, (object) => {
    (object as unknown as { env: Env }).env = clusters.within(env);
  });
});

/** A deployment that was committed, and whose writer died before it could deliver. */
async function committed(at: World = world): Promise<string> {
  const origin = { actor: "test", correlationId: "c", now: Date.now() - 5_000, shard: SHARD, newId: anId };
  const event = {
    type: "evt.deploy.requested",
    tenantId: at.tenantId,
    subject: `release/${at.releaseId}`,
    data: {},
  };
  const { ids, statements } = recordEvents(env.DB, origin, [event as unknown as NewEvent]);
  await env.DB.batch(statements);
  return ids[0] ?? "";
}

const eventRow = (id: string) =>
  env.DB.prepare(
    "SELECT delivered_at, dead_at, attempts, next_attempt_at, last_error FROM events WHERE id = ?",
  )
    .bind(id)
    .first<{
      delivered_at: number | null;
      dead_at: number | null;
      attempts: number;
      next_attempt_at: number;
      last_error: string | null;
    }>();

const alarmAt = () => runInDurableObject(outbox, (_object, state) => state.storage.getAlarm());
const makeDue = () => env.DB.prepare("UPDATE events SET next_attempt_at = 0").run();

describe("the outbox", () => {
  it("delivers what a writer committed before it died", async () => {
    await outbox.arm();
    const id = await committed();
    expect(await runDurableObjectAlarm(outbox)).toBe(true);
    expect(clusters.summary(world.clusterId)).toEqual({ [`release/${world.releaseId}`]: "upsert@1" });
    expect((await eventRow(id))?.delivered_at).not.toBeNull();
  });

  it("looks again for a commit that was announced while it looked", async () => {
    await outbox.arm();
    await runDurableObjectAlarm(outbox);
    expect(await alarmAt()).not.toBeNull();
  });

  it("retries with a growing delay and gives up with a dead letter after five tries", async () => {
    clusters.before = () => {
      throw new Error("object is away");
    };
    const id = await committed();
    const delays: number[] = [];
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      await makeDue();
      await runInDurableObject(outbox, (_object, state) => state.storage.setAlarm(Date.now() + 60_000));
      await runDurableObjectAlarm(outbox);
      const row = await eventRow(id);
      expect(row?.attempts).toBe(attempt);
      if (attempt < MAX_ATTEMPTS) delays.push((row?.next_attempt_at ?? 0) - Date.now());
    }
    expect(delays).toEqual([...delays].sort((a, b) => a - b));
    const row = await eventRow(id);
    expect(row).toMatchObject({ delivered_at: null, last_error: "object is away" });
    expect(row?.dead_at).not.toBeNull();
    const letters = await env.DB.prepare(
      "SELECT source, event_id, reason, attempts, state FROM dead_letters",
    ).all();
    expect(letters.results).toEqual([
      { source: "outbox", event_id: id, reason: "object is away", attempts: 5, state: "dead" },
    ]);
  });

  it("does not let a sick cluster hold up another", async () => {
    const sick = await seedWorld(env.DB);
    clusters.before = (clusterId) => {
      if (clusterId === sick.clusterId) throw new Error("object is away");
    };
    const [bad, good] = [await committed(sick), await committed()];
    await outbox.arm();
    await runDurableObjectAlarm(outbox);
    expect((await eventRow(good))?.delivered_at).not.toBeNull();
    expect(await eventRow(bad)).toMatchObject({ delivered_at: null, attempts: 1 });
    expect(await alarmAt()).not.toBeNull();
  });

  it("drains a backlog larger than one round", async () => {
    for (let n = 0; n < 120; n++) await committed();
    await outbox.arm();
    await runDurableObjectAlarm(outbox);
    await runDurableObjectAlarm(outbox);
    const left = await env.DB.prepare("SELECT COUNT(*) AS n FROM events WHERE delivered_at IS NULL").first(
      "n",
    );
    expect(left).toBe(0);
  });
});

describe("an idle outbox", () => {
  it("has no alarm once nothing waits and no commit is announced", async () => {
    await runInDurableObject(outbox, async (object, state) => {
      (object as unknown as { wantedAt: number }).wantedAt = 0;
      await state.storage.setAlarm(Date.now() + 60_000);
    });
    await runDurableObjectAlarm(outbox);
    expect(await alarmAt()).toBeNull();
  });
});

describe("the outbox of audit entries", () => {
  const entryOf = (tenant: string): AuditEntry => ({
    id: anId("auditEntry"),
    time: new Date(Date.now() - 5_000).toISOString(),
    actor: { kind: "platform-admin", id: "platform-admin" },
    action: "tenant:update",
    object: `tenant/${tenant}`,
    tenant,
    outcome: "success",
    requestId: "r",
    correlationId: "c",
  });
  const commit = async (entry: AuditEntry) => env.DB.batch(recordEntry(env.DB, entry, SHARD));

  it("brings those to their logs whose writer died, each once and in order", async () => {
    await outbox.arm();
    const tenant = anId("tenant");
    const entries = [entryOf(tenant), entryOf(tenant), entryOf(tenant)];
    for (const entry of entries) await commit(entry);
    expect(await runDurableObjectAlarm(outbox)).toBe(true);
    expect((await loggedIn(tenant)).map(({ id }) => id)).toEqual(entries.map(({ id }) => id));
    await allAppended();
  });

  it("never gives one up, and brings the others meanwhile", async () => {
    const [away, there] = [anId("tenant"), anId("tenant")];
    const held = {
      getByName: (log: string) =>
        log === away ? { append: () => Promise.reject(new Error("away")) } : env.AUDIT.getByName(log),
    };
    await runInDurableObject(outbox, (object) => {
      (object as unknown as { env: Env }).env = { ...env, AUDIT: held as unknown as Env["AUDIT"] };
    });
    for (const tenant of [away, there]) await commit(entryOf(tenant));
    for (let round = 0; round < 12; round++) {
      await env.DB.prepare("UPDATE audit_outbox SET next_attempt_at = 0").run();
      await runInDurableObject(outbox, (_object, state) => state.storage.setAlarm(Date.now() + 60_000));
      await runDurableObjectAlarm(outbox);
    }
    expect(await loggedIn(there)).toHaveLength(1);
    const waits = await env.DB.prepare("SELECT log, next_attempt_at AS at FROM audit_outbox").all<{
      at: number;
    }>();
    expect(waits.results).toEqual([{ log: away, at: expect.any(Number) }]);
    expect(waits.results[0]?.at).toBeLessThan(Date.now() + 61_000);
    expect(await alarmAt()).not.toBeNull();
  });
});
