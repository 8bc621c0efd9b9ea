import { type AuditEntry, logOf } from "../../domain/audit/entry.ts";
import { backoffMs, GRACE_MS } from "../../domain/outbox/index.ts";

/** A mutation's entry on its way to its log. */
export interface PendingEntry {
  seq: number;
  log: string;
  attempts: number;
  entry: AuditEntry;
}

/** An entry that waits longer than this between two tries would be missed by whoever looks. */
const MAX_BACKOFF_MS = 60_000;

/**
 * The mutation takes the next number of its log, and its entry stands in the outbox: to be written in the batch of the
 * change. D1 has one writer, so that the numbers are gapless: a batch that fails takes none. The last statement's result
 * is what {@link recordedEntry} reads.
 */
export function recordEntry(db: D1Database, entry: AuditEntry, shard: number): D1PreparedStatement[] {
  const log = logOf(entry);
  return [
    db
      .prepare(
        "INSERT INTO audit_logs (log, last) VALUES (?, 1) ON CONFLICT (log) DO UPDATE SET last = last + 1",
      )
      .bind(log),
    db
      .prepare(
        `INSERT INTO audit_outbox (log, number, entry, shard, created_at)
          SELECT log, last, ?2, ?3, ?4 FROM audit_logs WHERE log = ?1 RETURNING seq, number`,
      )
      .bind(log, JSON.stringify(entry), shard, Date.parse(entry.time)),
  ];
}

/** The committed entry with the number that it took. @param result of the last statement of {@link recordEntry} */
export function recordedEntry(entry: AuditEntry, result: D1Result | undefined): PendingEntry {
  const [taken] = (result?.results ?? []) as { seq: number; number: number }[];
  if (!taken) throw new Error("a committed audit entry took no number");
  const { seq, number } = taken;
  return { seq, log: logOf(entry), attempts: 0, entry: { ...entry, number } };
}

interface RawPending {
  seq: number;
  log: string;
  number: number;
  attempts: number;
  entry: string;
}

const COLUMNS = "seq, log, number, attempts, entry";

const pendingFrom = ({ seq, log, number, attempts, entry }: RawPending): PendingEntry => ({
  seq,
  log,
  attempts,
  entry: { ...(JSON.parse(entry) as AuditEntry), number },
});

/** Entries of a shard that whoever committed them has not brought to their logs. */
export async function takeDueEntries(
  db: D1Database,
  shard: number,
  now: number,
  limit: number,
): Promise<PendingEntry[]> {
  const { results } = await db
    .prepare(
      `SELECT ${COLUMNS} FROM audit_outbox WHERE shard = ? AND next_attempt_at <= ? AND created_at <= ?
        ORDER BY next_attempt_at, seq LIMIT ?`,
    )
    .bind(shard, now, now - GRACE_MS, limit)
    .all<RawPending>();
  return results.map(pendingFrom);
}

/** When the earliest entry of a shard is due; null where none waits. */
export const earliestDueEntry = (db: D1Database, shard: number): Promise<number | null> =>
  db
    .prepare(
      `SELECT MIN(MAX(next_attempt_at, created_at + ${GRACE_MS})) AS due FROM audit_outbox WHERE shard = ?`,
    )
    .bind(shard)
    .first<number | null>("due");

/** Their logs have them. */
export async function forgetEntries(db: D1Database, seqs: readonly number[]): Promise<void> {
  if (seqs.length === 0) return;
  await db
    .prepare("DELETE FROM audit_outbox WHERE seq IN (SELECT value FROM json_each(?))")
    .bind(JSON.stringify(seqs))
    .run();
}

/** Their log did not take them: they are tried again later, for ever. @param random uniform in [0, 1) */
export async function postponeEntries(
  db: D1Database,
  entries: readonly PendingEntry[],
  now: number,
  random: number,
): Promise<void> {
  if (entries.length === 0) return;
  const rows = entries.map(({ seq, attempts }) => ({
    seq,
    at: now + Math.min(backoffMs(Math.min(attempts, 10) + 1, random), MAX_BACKOFF_MS),
  }));
  await db
    .prepare(
      `UPDATE audit_outbox SET attempts = attempts + 1, next_attempt_at = r.at
        FROM (SELECT value->>'seq' AS seq, value->>'at' AS at FROM json_each(?)) r WHERE audit_outbox.seq = r.seq`,
    )
    .bind(JSON.stringify(rows))
    .run();
}

/** Entries on their way to one log, in the order of their numbers. */
export async function pendingOf(db: D1Database, log: string, limit: number): Promise<PendingEntry[]> {
  const { results } = await db
    .prepare(`SELECT ${COLUMNS} FROM audit_outbox WHERE log = ? ORDER BY number LIMIT ?`)
    .bind(log, limit)
    .all<RawPending>();
  return results.map(pendingFrom);
}
