import { RESTORE_WINDOW_MS } from "../../domain/tenancy/retention.ts";
import { armedShard } from "../audit/own-entries.ts";
import type { Env } from "../env.ts";
import { directory } from "./database.ts";
import { forgetExpiredAnswers } from "./idempotency.ts";
import { accessPurges, forgetAccess } from "./purge-access.ts";
import { purgeable, recordPurged } from "./purge-entries.ts";
import { forgetLogins } from "./sessions.ts";

/**
 * Delivered and given-up events are kept this long in the database; the archive in R2 has them for good. 1,000 clusters
 * with 20 deployments a day make 80,000 a day: 90 days of them would be about the 10 GB that a D1 database may hold.
 */
const EVENT_RETENTION_MS = 30 * 24 * 60 * 60 * 1000;
/** Used and expired join tokens are kept this long, for whoever asks what happened. */
const TOKEN_RETENTION_MS = 7 * 24 * 60 * 60 * 1000;
/** Rows that one statement takes from a table: the rest waits for the next one, and none runs long. */
const SWEEP_ROWS = 500;
/** Events come faster than that. */
const EVENT_ROUNDS = 20;

/** Forgets what is past its time: answers to Idempotency-Keys, events, settled dead letters, join tokens, logins. */
export async function forgetExpired(db: D1Database, now: number): Promise<void> {
  const old = now - EVENT_RETENTION_MS;
  await db.batch([
    forgetExpiredAnswers(db, now),
    db.prepare("DELETE FROM dead_letters WHERE state <> 'dead' AND settled_at < ?").bind(old),
    db.prepare("DELETE FROM join_tokens WHERE expires_at < ?").bind(now - TOKEN_RETENTION_MS),
    ...forgetLogins(db, now),
    ...forgetAccess(db, now),
  ]);
  for (let round = 0; round < EVENT_ROUNDS; round++) {
    if ((await forgetEvents(db, old)) < SWEEP_ROWS) return;
  }
}

/**
 * Always the oldest ones without a gap, up to the first that must stay: a number that is missing above the oldest is how a
 * restored database is told from a healthy one (witness.ts). One that waits cannot hold the others up for long: within
 * hours an event is delivered or dead. No index on the time is needed.
 *
 * @returns how many went
 */
async function forgetEvents(db: D1Database, old: number): Promise<number> {
  const { results } = await db
    .prepare(
      `WITH head AS (SELECT seq, occurred_at, delivered_at, dead_at FROM events ORDER BY seq LIMIT ${SWEEP_ROWS}),
          staying AS (SELECT MIN(seq) AS first FROM head
            WHERE occurred_at >= ? OR (delivered_at IS NULL AND dead_at IS NULL))
        DELETE FROM events WHERE seq IN (SELECT head.seq FROM head, staying WHERE first IS NULL OR head.seq < first)
        RETURNING seq`,
    )
    .bind(old)
    .all();
  return results.length;
}

/** What a doomed parent takes along: each table's rows by their own deletion or that of what they belong to. */
const DOOMED = {
  tenants: "SELECT id FROM tenants WHERE deleted_at <= ?1",
  projects: `SELECT id FROM projects WHERE deleted_at <= ?1
    OR tenant_id IN (SELECT id FROM tenants WHERE deleted_at <= ?1)`,
  environments: `SELECT id FROM environments WHERE deleted_at <= ?1
    OR tenant_id IN (SELECT id FROM tenants WHERE deleted_at <= ?1)
    OR project_id IN (SELECT id FROM projects WHERE deleted_at <= ?1)`,
  apps: `SELECT id FROM apps WHERE deleted_at <= ?1
    OR tenant_id IN (SELECT id FROM tenants WHERE deleted_at <= ?1)
    OR project_id IN (SELECT id FROM projects WHERE deleted_at <= ?1)`,
  clusters: "SELECT id FROM clusters WHERE deleted_at <= ?1",
} as const;

/** Those whose rows one sweep may take: each has an entry in the audit log. */
const LEAVING = {
  tenants: `${DOOMED.tenants} ORDER BY id LIMIT ${SWEEP_ROWS}`,
  clusters: `${DOOMED.clusters} ORDER BY id LIMIT ${SWEEP_ROWS}`,
};

const releasesOf = `SELECT id FROM releases
  WHERE app_id IN (${DOOMED.apps}) OR environment_id IN (${DOOMED.environments})`;

const PROVIDERS_OF_DOOMED = `SELECT id FROM identity_providers WHERE tenant_id IN (${DOOMED.tenants})`;

/** Children first. A parent goes only where none of its children is left, so a large tenant takes several sweeps. */
const PURGES = [
  ...accessPurges(DOOMED),
  `DELETE FROM deployments WHERE id IN (SELECT id FROM deployments WHERE release_id IN (${releasesOf}) LIMIT ${SWEEP_ROWS})`,
  `DELETE FROM releases WHERE id IN (${releasesOf} LIMIT ${SWEEP_ROWS})
    AND NOT EXISTS (SELECT 1 FROM deployments d WHERE d.release_id = releases.id)`,
  `DELETE FROM revisions WHERE id IN (SELECT id FROM revisions WHERE app_id IN (${DOOMED.apps}) LIMIT ${SWEEP_ROWS})
    AND NOT EXISTS (SELECT 1 FROM releases r WHERE r.app_id = revisions.app_id)`,
  `DELETE FROM apps WHERE id IN (${DOOMED.apps} LIMIT ${SWEEP_ROWS})
    AND NOT EXISTS (SELECT 1 FROM revisions v WHERE v.app_id = apps.id)
    AND NOT EXISTS (SELECT 1 FROM releases r WHERE r.app_id = apps.id)`,
  `DELETE FROM environments WHERE id IN (${DOOMED.environments} LIMIT ${SWEEP_ROWS})
    AND NOT EXISTS (SELECT 1 FROM releases r WHERE r.environment_id = environments.id)`,
  `DELETE FROM projects WHERE id IN (${DOOMED.projects} LIMIT ${SWEEP_ROWS})
    AND NOT EXISTS (SELECT 1 FROM apps a WHERE a.project_id = projects.id)
    AND NOT EXISTS (SELECT 1 FROM environments e WHERE e.project_id = projects.id)`,
  ...["identities", "login_attempts"].map(
    (table) => `DELETE FROM ${table} WHERE provider_id IN (${PROVIDERS_OF_DOOMED})`,
  ),
  `DELETE FROM sessions WHERE tenant_id IN (${DOOMED.tenants})`,
  `DELETE FROM identity_providers WHERE id IN (${PROVIDERS_OF_DOOMED})`,
  // A log is longer there than its tenant: what the plan said of it stays said.
  `INSERT OR IGNORE INTO audit_settings (log, retention_days, updated_at)
    SELECT l.id, p.audit_retention_days, ?1 FROM tenant_limits l JOIN plans p ON p.id = l.plan_id
    WHERE l.id IN (${DOOMED.tenants}) AND p.audit_retention_days IS NOT NULL`,
  `DELETE FROM tenant_limits WHERE id IN (${DOOMED.tenants})`,
  `DELETE FROM audit_sinks WHERE tenant_id IN (${DOOMED.tenants})`,
  `DELETE FROM tenants WHERE id IN (${LEAVING.tenants})
    AND NOT EXISTS (SELECT 1 FROM projects p WHERE p.tenant_id = tenants.id)`,
  // What is left of a purged tenant anywhere, in a backup of later too, opens no more. A key may be older than its tenant's row.
  `DELETE FROM data_keys WHERE owner <> 'platform' AND created_at <= ?1
    AND NOT EXISTS (SELECT 1 FROM tenants t WHERE t.id = data_keys.owner)`,
  `DELETE FROM join_tokens WHERE cluster_id IN (${DOOMED.clusters})`,
  `DELETE FROM cluster_keys WHERE cluster_id IN (${DOOMED.clusters})`,
  `DELETE FROM clusters WHERE id IN (${LEAVING.clusters})`,
];

/** Purges what was deleted longer ago than it can be restored, with all that belongs to it. */
export async function purgeDeleted(env: Env, now: number): Promise<void> {
  const db = directory(env);
  const before = now - RESTORE_WINDOW_MS;
  const tenants = await purgeable(db, { kind: "tenant", doomed: LEAVING.tenants }, before, now);
  const clusters = await purgeable(db, { kind: "cluster", doomed: LEAVING.clusters }, before, now);
  const shard = tenants.length + clusters.length > 0 ? await armedShard(env) : 0;
  await db.batch([
    ...PURGES.map((sql) => db.prepare(sql).bind(before)),
    ...recordPurged(db, "tenants", tenants, shard, now),
    ...recordPurged(db, "clusters", clusters, shard, now),
  ]);
}
