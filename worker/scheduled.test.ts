import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { RESTORE_WINDOW_MS } from "../domain/tenancy/retention.ts";
import { until } from "../test/lib/until.ts";
import { allAppended, loggedIn as auditLog, lastNumbers } from "../test/workerd/audit.ts";
import { givenKey, givenMember, givenTenantUser } from "../test/workerd/principals.ts";
import { anId, seedWorld, type World } from "../test/workerd/seed.ts";
import { sweep } from "./scheduled.ts";
import { insertRow } from "./store/rows.ts";
import { events } from "./store/schema/index.ts";
import { newestWitness, remembers, type Witness } from "./store/witness.ts";

/** A moment in the first ten minutes of an hour, when everything is done. */
const NOW = Date.UTC(2026, 10, 21, 10, 5);
const DAY = 24 * 60 * 60 * 1000;
let world: World;

beforeEach(async () => {
  for (const table of [
    "deployments",
    "releases",
    "revisions",
    "apps",
    "environments",
    "projects",
    "tenants",
    "events",
    "bindings",
    "api_keys",
  ])
    await env.DB.prepare(`DELETE FROM ${table}`).run();
  world = await seedWorld(env.DB);
});

const count = async (table: string): Promise<number> =>
  (await env.DB.prepare(`SELECT COUNT(*) AS n FROM ${table}`).first<number>("n")) ?? -1;
const remove = (table: string, id: string, at: number) =>
  env.DB.prepare(`UPDATE ${table} SET deleted_at = ? WHERE id = ?`).bind(at, id).run();

const event = (fields: Partial<typeof events.$inferInsert>) => {
  const id = anId("event");
  const row = { id, type: "evt.app.created", version: 1, subject: "app/x", actor: "a", correlationId: "c" };
  return insertRow(env.DB, events, {
    ...row,
    idempotencyKey: id,
    occurredAt: 1,
    data: {},
    shard: 1,
    ...fields,
  }).run();
};

describe("the sweep", () => {
  it("purges a tenant and all that it had once it can no longer be restored", async () => {
    await remove("tenants", world.tenantId, NOW - RESTORE_WINDOW_MS);
    await sweep(env, NOW);
    const left = ["tenants", "projects", "environments", "apps", "revisions", "releases"].map(count);
    expect(await Promise.all(left)).toEqual([0, 0, 0, 0, 0, 0]);
    const find = async () =>
      (await auditLog("platform")).filter(({ object }) => object === `tenant/${world.tenantId}`);
    await until("the purge's entry", async () => (await find()).length > 0);
    await sweep(env, NOW);
    const before = (await lastNumbers()).platform;
    expect(await find()).toMatchObject([
      { action: "tenant:purge", actor: { kind: "system", id: "purge" }, tenant: null, number: before },
    ]);
  });

  it("takes the people, machines and rights of a purged tenant along, and nobody else's", async () => {
    const scope = { level: "tenant", tenantId: world.tenantId } as const;
    const elsewhere = { level: "tenant", tenantId: anId("tenant") } as const;
    const member = await givenMember(world.tenantId, [
      { role: "viewer", scope },
      { role: "viewer", scope: elsewhere },
    ]);
    await givenKey([{ role: "viewer", scope }], { tenantId: world.tenantId });
    await givenTenantUser(world.tenantId, [{ role: "viewer", scope }]);
    const theirs = await givenTenantUser(elsewhere.tenantId);
    await remove("tenants", world.tenantId, NOW - RESTORE_WINDOW_MS);
    await sweep(env, NOW);
    expect(await Promise.all(["memberships", "api_keys"].map(count))).toEqual([1, 0]);
    const left = await env.DB.prepare("SELECT tenant_id FROM bindings").all();
    expect(left.results).toEqual([{ tenant_id: elsewhere.tenantId }]);
    for (const column of ["id FROM users", "user_id AS id FROM sessions"]) {
      const { results } = await env.DB.prepare(`SELECT ${column} ORDER BY id`).all();
      expect(results.map(({ id }) => id)).toEqual([member.id, theirs.id].sort());
    }
  });

  it("forgets keys, bindings and invitations thirty days after their end", async () => {
    const at = (days: number) => NOW - days * DAY;
    const old = await givenKey([], { expiresAt: at(31) });
    const fresh = await givenKey([], { expiresAt: at(29) });
    await sweep(env, NOW);
    const { results } = await env.DB.prepare("SELECT id FROM api_keys WHERE id IN (?, ?)")
      .bind(old.id, fresh.id)
      .all();
    expect(results).toEqual([{ id: fresh.id }]);
  });

  it("keeps what can be restored for another minute", async () => {
    await remove("tenants", world.tenantId, NOW - RESTORE_WINDOW_MS + 60_000);
    await remove("apps", world.appId, NOW - RESTORE_WINDOW_MS + 60_000);
    await sweep(env, NOW);
    expect([await count("tenants"), await count("apps"), await count("releases")]).toEqual([1, 1, 1]);
  });

  it("purges a deleted app and leaves its project alone", async () => {
    await remove("apps", world.appId, NOW - RESTORE_WINDOW_MS);
    await sweep(env, NOW);
    expect([await count("apps"), await count("revisions"), await count("releases")]).toEqual([0, 0, 0]);
    expect([await count("environments"), await count("projects")]).toEqual([1, 1]);
  });

  it("forgets delivered events after thirty days, and never one that waits", async () => {
    await event({ occurredAt: NOW - 31 * DAY, deliveredAt: NOW - 31 * DAY });
    await event({ occurredAt: NOW - 31 * DAY });
    await event({ occurredAt: NOW - 29 * DAY, deliveredAt: NOW - 29 * DAY });
    await sweep(env, NOW);
    expect(await count("events")).toBe(2);
  });

  it("forgets events oldest first, so that a number that is missing in between means a restored database", async () => {
    await event({ occurredAt: NOW - 31 * DAY, deliveredAt: NOW - 31 * DAY });
    await event({ occurredAt: NOW - 30 * DAY + 5, deliveredAt: NOW });
    await event({ occurredAt: NOW - 30 * DAY - 5, deliveredAt: NOW });
    const kept = (await newestWitness(env.DB)) as Witness;
    await event({ occurredAt: NOW - 31 * DAY });
    await event({ occurredAt: NOW - 31 * DAY, deadAt: NOW });
    await sweep(env, NOW);
    expect(await count("events")).toBe(4);
    expect(await remembers(env.DB, kept)).toBe(true);
    await env.DB.prepare("UPDATE events SET delivered_at = ? WHERE delivered_at IS NULL").bind(NOW).run();
    await sweep(env, NOW + DAY);
    expect(await count("events")).toBe(0);
    expect(await remembers(env.DB, kept)).toBe(true);
  });

  it("keeps up with a fleet: thousands of events that are past their time go in one sweep", async () => {
    const old = NOW - 31 * DAY;
    await env.DB.prepare(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500)
        INSERT INTO events (id, type, version, subject, actor, correlation_id, idempotency_key, occurred_at, data, shard,
          delivered_at) SELECT 'evt_old' || i, 'evt.app.created', 1, 'app/x', 'a', 'c', 'k', ?1, '{}', 1, ?1 FROM n`,
    )
      .bind(old)
      .run();
    await event({ occurredAt: NOW, deliveredAt: NOW });
    await sweep(env, NOW);
    expect(await count("events")).toBe(1);
  });

  it("wakes the clock of a shard that holds an undelivered event, and no other", async () => {
    await allAppended();
    await event({ shard: 6 });
    await event({ shard: 7, deliveredAt: 5 });
    const armed: string[] = [];
    const OUTBOX = { getByName: (name: string) => ({ arm: async () => void armed.push(name) }) };
    await sweep({ ...env, OUTBOX: OUTBOX as unknown as typeof env.OUTBOX }, NOW);
    expect(armed).toEqual(["6"]);
  });

  it("sets the fleet's clock, should that have lost its alarm", async () => {
    let watched = 0;
    const FLEET = { getByName: () => ({ watch: async () => void watched++ }) };
    await sweep({ ...env, FLEET: FLEET as unknown as typeof env.FLEET }, NOW);
    expect(watched).toBe(1);
  });
});
