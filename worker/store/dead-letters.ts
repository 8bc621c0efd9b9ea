import type { deadLetters } from "./schema/index.ts";

export type DeadLetter = typeof deadLetters.$inferSelect;

type QueueDeadLetter = Pick<
  DeadLetter,
  "id" | "eventId" | "eventSeq" | "eventType" | "tenantId" | "reason" | "attempts"
>;

/** Events that died in the queue. One that was replayed and died again is dead anew. */
export async function recordQueueDeadLetters(
  db: D1Database,
  letters: QueueDeadLetter[],
  now: number,
): Promise<void> {
  if (letters.length === 0) return;
  await db
    .prepare(
      `INSERT INTO dead_letters (id, source, event_id, event_seq, event_type, tenant_id, reason, attempts, created_at)
        SELECT value->>'id', 'queue', value->>'eventId', value->>'eventSeq', value->>'eventType', value->>'tenantId',
          value->>'reason', value->>'attempts', ?2 FROM json_each(?1) WHERE true
        ON CONFLICT (source, event_id) DO UPDATE SET reason = excluded.reason, attempts = excluded.attempts,
          created_at = excluded.created_at, state = 'dead', settled_at = NULL, settled_by = NULL`,
    )
    .bind(JSON.stringify(letters), now)
    .run();
}

export interface DeadLetterFilter {
  state: DeadLetter["state"] | undefined;
  source: DeadLetter["source"] | undefined;
  type: string | undefined;
  /** Id of the last one on the page before. */
  after: string | undefined;
  limit: number;
}

const COLUMNS = `id, source, event_id AS eventId, event_seq AS eventSeq, event_type AS eventType, tenant_id AS tenantId,
  reason, attempts, created_at AS createdAt, state, settled_at AS settledAt, settled_by AS settledBy`;

/** Newest first; one more than the limit, where there is one. */
export const listDeadLetters = (db: D1Database, filter: DeadLetterFilter): D1PreparedStatement =>
  db
    .prepare(
      `SELECT ${COLUMNS} FROM dead_letters WHERE (?1 IS NULL OR state = ?1) AND (?2 IS NULL OR source = ?2)
        AND (?3 IS NULL OR event_type = ?3) AND (?4 IS NULL OR id < ?4) ORDER BY id DESC LIMIT ?5`,
    )
    .bind(
      filter.state ?? null,
      filter.source ?? null,
      filter.type ?? null,
      filter.after ?? null,
      filter.limit + 1,
    );

/** The letter, with the shard of its event in `shard`: null where the event is no longer kept. */
export const findDeadLetter = (db: D1Database, id: string): D1PreparedStatement =>
  db
    .prepare(
      `SELECT ${COLUMNS}, (SELECT shard FROM events WHERE events.id = event_id) AS shard FROM dead_letters WHERE id = ?`,
    )
    .bind(id);

export type DeadLetterWithShard = DeadLetter & { shard: number | null };

/** Most that one replay takes: a commit of a few hundred milliseconds. */
export const MAX_REPLAY = 1000;

/** Dead letters from an offset or a time on, oldest first, whose events are still kept. */
export const deadLettersSince = (db: D1Database, from: { seq: number; since: number }): D1PreparedStatement =>
  db
    .prepare(
      `SELECT d.id, d.event_id AS eventId, d.event_seq AS eventSeq, e.shard FROM dead_letters d
        JOIN events e ON e.id = d.event_id
        WHERE d.state = 'dead' AND d.event_seq >= ?1 AND d.created_at >= ?2 ORDER BY d.event_seq LIMIT ${MAX_REPLAY}`,
    )
    .bind(from.seq, from.since);

/** Marks dead letters (a JSON array of ids) as settled, where nobody did so before. */
export const settleDeadLetters = (
  db: D1Database,
  ids: string,
  how: { state: "replayed" | "discarded"; now: number; by: string },
): D1PreparedStatement =>
  db
    .prepare(
      `UPDATE dead_letters SET state = ?2, settled_at = ?3, settled_by = ?4
        WHERE id IN (SELECT value FROM json_each(?1)) AND state = 'dead'`,
    )
    .bind(ids, how.state, how.now, how.by);

/** Makes events (a JSON array of ids) undelivered, so that the outbox delivers them anew: idempotent consumers make that safe. */
export const redeliver = (db: D1Database, eventIds: string): D1PreparedStatement =>
  db
    .prepare(
      `UPDATE events SET delivered_at = NULL, dead_at = NULL, attempts = 0, next_attempt_at = 0, last_error = NULL
        WHERE id IN (SELECT value FROM json_each(?))`,
    )
    .bind(eventIds);
