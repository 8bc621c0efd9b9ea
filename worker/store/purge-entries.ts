import { type AuditEntry, PLATFORM_LOG } from "../../domain/audit/entry.ts";
import { ownEntry } from "../audit/own-entries.ts";

const ACTOR = { kind: "system", id: "purge" };

/** What a purge may take whole, each with the entry that tells of it. */
export async function purgeable(
  db: D1Database,
  sql: { kind: "tenant" | "cluster"; doomed: string },
  before: number,
  now: number,
): Promise<AuditEntry[]> {
  const { results } = await db.prepare(sql.doomed).bind(before).all<{ id: string }>();
  return results.map(({ id }) =>
    ownEntry({ actor: ACTOR, action: `${sql.kind}:purge`, object: `${sql.kind}/${id}`, tenant: null }, now),
  );
}

/** Entries of those that are gone, with the next numbers of the platform's log: right after the deletion, in its batch. */
export const recordPurged = (
  db: D1Database,
  table: "tenants" | "clusters",
  entries: readonly AuditEntry[],
  shard: number,
  now: number,
): D1PreparedStatement[] => [
  db
    .prepare(
      `INSERT INTO audit_outbox (log, number, entry, shard, created_at)
        SELECT ?1, COALESCE((SELECT last FROM audit_logs WHERE log = ?1), 0) + ROW_NUMBER() OVER (ORDER BY j.key),
          j.value, ?2, ?3 FROM json_each(?4) j
        WHERE NOT EXISTS (SELECT 1 FROM ${table} t WHERE t.id = substr(j.value->>'object', instr(j.value->>'object', '/') + 1))`,
    )
    .bind(PLATFORM_LOG, shard, now, JSON.stringify(entries)),
  db
    .prepare(
      `INSERT INTO audit_logs (log, last) SELECT ?, changes() WHERE changes() > 0
        ON CONFLICT (log) DO UPDATE SET last = last + excluded.last`,
    )
    .bind(PLATFORM_LOG),
];
