import type { EventFilter } from "../../protocol/events/filter.ts";
import { EVENT_COLUMNS, eventFrom, type StoredEvent } from "./stored-event.ts";

export interface EventPage {
  /** Sequence number after which (ascending) or before which (descending) to begin. */
  after: number | undefined;
  order: "asc" | "desc";
  limit: number;
}

interface Condition {
  sql: string;
  values: unknown[];
}

const PROJECT_OF_DATA = `COALESCE(data->>'projectId', data->'after'->>'projectId', data->'before'->>'projectId')`;

function conditionsOf(filter: EventFilter): Condition[] {
  const found: Condition[] = [];
  const add = (sql: string, ...values: unknown[]): void => void found.push({ sql, values });
  if (filter.tenantId !== undefined) add("tenant_id = ?", filter.tenantId);
  if (filter.subject !== undefined) add("subject = ?", filter.subject);
  // `/` follows `.` in ASCII: the range holds exactly the types that begin with the prefix and a dot.
  if (filter.type !== undefined)
    add("(type = ? OR (type >= ? AND type < ?))", filter.type, `${filter.type}.`, `${filter.type}/`);
  if (filter.actor !== undefined) add("actor = ?", filter.actor);
  if (filter.correlationId !== undefined) add("correlation_id = ?", filter.correlationId);
  if (filter.since !== undefined) add("occurred_at >= ?", filter.since);
  if (filter.until !== undefined) add("occurred_at < ?", filter.until);
  if (filter.projectId !== undefined) {
    add(`(subject = ? OR ${PROJECT_OF_DATA} = ?)`, `project/${filter.projectId}`, filter.projectId);
  }
  return found;
}

/** Events in the order of their commits. */
export function selectEvents(db: D1Database, filter: EventFilter, page: EventPage): D1PreparedStatement {
  const conditions = conditionsOf(filter);
  if (page.after !== undefined) {
    conditions.push({ sql: page.order === "asc" ? "seq > ?" : "seq < ?", values: [page.after] });
  }
  const where = conditions.length > 0 ? `WHERE ${conditions.map(({ sql }) => sql).join(" AND ")}` : "";
  return db
    .prepare(`SELECT ${EVENT_COLUMNS} FROM events ${where} ORDER BY seq ${page.order} LIMIT ?`)
    .bind(...conditions.flatMap(({ values }) => values), page.limit);
}

export async function eventsAfter(
  db: D1Database,
  filter: EventFilter,
  after: number,
  limit: number,
): Promise<StoredEvent[]> {
  const { results } = await selectEvents(db, filter, { after, order: "asc", limit }).all();
  return results.map(eventFrom);
}

export const findEvent = (db: D1Database, id: string): D1PreparedStatement =>
  db.prepare(`SELECT ${EVENT_COLUMNS} FROM events WHERE id = ?`).bind(id);

/** Ids of a tenant and of a project in it by their names, deleted ones too: their events are still to be seen. */
export const findEventScope = (
  db: D1Database,
  tenant: string,
  project: string | undefined,
): D1PreparedStatement =>
  db
    .prepare(
      `SELECT t.id AS tenantId, p.id AS projectId FROM tenants t
        LEFT JOIN projects p ON p.tenant_id = t.id AND p.name = ? WHERE t.name = ?`,
    )
    .bind(project ?? null, tenant);

/** Sequence number of the newest event; 0 where there is none. */
export async function newestSeq(db: D1Database): Promise<number> {
  return (await db.prepare("SELECT MAX(seq) AS seq FROM events").first<number | null>("seq")) ?? 0;
}

/** Events to be delivered anew, from an offset or a time on, of some types where given. */
export const selectForReplay = (
  db: D1Database,
  from: { seq: number; since: number; types: string[] | undefined },
  limit: number,
): D1PreparedStatement =>
  db
    .prepare(
      `SELECT id, seq, shard FROM events WHERE seq >= ?1 AND occurred_at >= ?2
        AND (?3 IS NULL OR type IN (SELECT value FROM json_each(?3))) ORDER BY seq LIMIT ?4`,
    )
    .bind(from.seq, from.since, from.types ? JSON.stringify(from.types) : null, limit);
