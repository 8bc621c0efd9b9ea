import { GRACE_MS, type Settlement } from "../../domain/outbox/index.ts";
import { EVENT_COLUMNS, eventFrom, type StoredEvent } from "./stored-event.ts";

/** The outbox as its deliverer sees it: which events wait, and what became of them. */

/** Events by id (a JSON array of them) that nobody delivered yet, in the order of their commits. */
export const undeliveredByIds = (db: D1Database, ids: string): D1PreparedStatement =>
  db
    .prepare(
      `SELECT ${EVENT_COLUMNS} FROM events WHERE id IN (SELECT value FROM json_each(?))
        AND delivered_at IS NULL AND dead_at IS NULL ORDER BY seq`,
    )
    .bind(ids);

export async function eventsByIds(db: D1Database, ids: string[]): Promise<StoredEvent[]> {
  const { results } = await db
    .prepare(`SELECT ${EVENT_COLUMNS} FROM events WHERE id IN (SELECT value FROM json_each(?)) ORDER BY seq`)
    .bind(JSON.stringify(ids))
    .all();
  return results.map(eventFrom);
}

/** Undelivered events of a shard whose time has come, in the order of their commits. */
export async function takeDue(
  db: D1Database,
  shard: number,
  now: number,
  limit: number,
): Promise<StoredEvent[]> {
  const { results } = await db
    .prepare(
      `SELECT ${EVENT_COLUMNS} FROM events WHERE shard = ? AND delivered_at IS NULL AND dead_at IS NULL
        AND next_attempt_at <= ? AND occurred_at <= ? ORDER BY seq LIMIT ?`,
    )
    .bind(shard, now, now - GRACE_MS, limit)
    .all();
  return results.map(eventFrom);
}

/** When the earliest undelivered event of a shard is due; null where none waits. */
export async function earliestDue(db: D1Database, shard: number): Promise<number | null> {
  const row = await db
    .prepare(
      `SELECT MIN(MAX(next_attempt_at, occurred_at + ${GRACE_MS})) AS due FROM events
        WHERE shard = ? AND delivered_at IS NULL AND dead_at IS NULL`,
    )
    .bind(shard)
    .first<{ due: number | null }>();
  return row?.due ?? null;
}

/** Shards that hold events which are neither delivered nor given up, or audit entries that are not in their logs. */
export async function shardsWithUndelivered(db: D1Database): Promise<number[]> {
  const { results } = await db
    .prepare(
      "SELECT shard FROM events WHERE delivered_at IS NULL AND dead_at IS NULL UNION SELECT shard FROM audit_outbox",
    )
    .all<{ shard: number }>();
  return results.map(({ shard }) => shard);
}

export async function markDelivered(db: D1Database, seqs: number[], now: number): Promise<void> {
  if (seqs.length === 0) return;
  await db
    .prepare(
      `UPDATE events SET delivered_at = ? WHERE seq IN (SELECT value FROM json_each(?)) AND delivered_at IS NULL`,
    )
    .bind(now, JSON.stringify(seqs))
    .run();
}

/** Writes down what becomes of failed deliveries. Dead ones get a dead letter in the same batch. */
export async function settleFailures(
  db: D1Database,
  settlements: (Settlement & { deadLetterId: string })[],
  now: number,
): Promise<void> {
  if (settlements.length === 0) return;
  const json = JSON.stringify(settlements);
  await db.batch([
    db
      .prepare(
        `UPDATE events SET attempts = s.attempts, next_attempt_at = COALESCE(s.next_attempt_at, 0),
            last_error = s.reason, dead_at = CASE WHEN s.kind = 'dead' THEN ?2 END
          FROM (SELECT value->>'seq' AS seq, value->>'attempts' AS attempts, value->>'nextAttemptAt' AS next_attempt_at,
            value->>'reason' AS reason, value->>'kind' AS kind FROM json_each(?1)) s
          WHERE events.seq = s.seq AND events.delivered_at IS NULL`,
      )
      .bind(json, now),
    db
      .prepare(
        `INSERT INTO dead_letters (id, source, event_id, event_seq, event_type, tenant_id, reason, attempts, created_at)
          SELECT value->>'deadLetterId', 'outbox', e.id, e.seq, e.type, e.tenant_id, value->>'reason', e.attempts, ?2
          FROM json_each(?1) JOIN events e ON e.seq = value->>'seq'
          WHERE value->>'kind' = 'dead' AND e.dead_at = ?2
          ON CONFLICT (source, event_id) DO UPDATE SET id = excluded.id, reason = excluded.reason,
            attempts = excluded.attempts, created_at = excluded.created_at, state = 'dead', settled_at = NULL,
            settled_by = NULL`,
      )
      .bind(json, now),
  ]);
}
