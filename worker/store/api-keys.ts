import { type IdPageQuery, idPageSql, toIdPage } from "./id-pages.ts";
import type { Page } from "./pages.ts";
import { guardThat, insertRow, type Row, selection, updateRow } from "./rows.ts";
import { apiKeys } from "./schema/index.ts";
import { ownerStands } from "./subjects.ts";

export type ApiKey = typeof apiKeys.$inferSelect;

/** A key with the name of its tenant. */
export interface NamedKey extends ApiKey {
  tenantName: string | null;
}

/** Good ones of one owner: who has more has lost sight of them. */
export const MAX_KEYS = 20;

const fields = selection(apiKeys, "k");
const SELECT = `SELECT ${fields.columns}, t.name AS tenant_name FROM api_keys k LEFT JOIN tenants t ON t.id = k.tenant_id`;
const LIVE = "owner = ? AND revoked_at IS NULL AND expires_at > ?";

export function keyOf(row: Row | undefined): NamedKey | undefined {
  const key = row && fields.decode(row);
  return key && { ...key, tenantName: (row.tenant_name as string | null) ?? null };
}

/** @param owner `user/usr_…` or `service-account/sva_…` */
export const findKey = (db: D1Database, owner: string, id: string): D1PreparedStatement =>
  db.prepare(`${SELECT} WHERE k.id = ? AND k.owner = ?`).bind(id, owner);

/** When a key ends: what it makes may not outlive it. */
export const findExpiry = (db: D1Database, id: string): D1PreparedStatement =>
  db.prepare("SELECT expires_at AS at FROM api_keys WHERE id = ?").bind(id);

export const countLiveKeys = (db: D1Database, owner: string, now: number): D1PreparedStatement =>
  db.prepare(`SELECT COUNT(*) AS count FROM api_keys WHERE ${LIVE}`).bind(owner, now);

/** @param tenantId of whoever asks by what is good for one tenant alone: keys for that one; else all */
export function listKeys(
  db: D1Database,
  owner: string,
  tenantId: string | undefined,
  query: IdPageQuery,
): D1PreparedStatement {
  const page = idPageSql("k.id", "apiKey", query);
  const of =
    tenantId === undefined ? { sql: "", values: [] } : { sql: " AND k.tenant_id = ?", values: [tenantId] };
  return db
    .prepare(`${SELECT} WHERE k.owner = ?${of.sql}${page.sql}`)
    .bind(owner, ...of.values, ...page.values);
}

export const keyPage = (rows: Row[], query: IdPageQuery): Page<NamedKey> =>
  toIdPage(
    rows.flatMap((row) => keyOf(row) ?? []),
    query,
    ({ id }) => id,
  );

/** The batch fails where its owner is gone, or has too many. */
export const insertKey = (db: D1Database, key: ApiKey): D1PreparedStatement[] => {
  const stands = ownerStands(key.owner);
  return [
    insertRow(db, apiKeys, key),
    guardThat(db, stands.sql, ...stands.values),
    guardThat(db, `(SELECT COUNT(*) FROM api_keys WHERE ${LIVE}) <= ?`, key.owner, key.createdAt, MAX_KEYS),
  ];
};

export const updateKey = (db: D1Database, read: ApiKey, changes: Partial<ApiKey>): D1PreparedStatement[] =>
  updateRow(db, apiKeys, read, changes);

export type KeyState = "active" | "expired" | "revoked";

export function keyState({ revokedAt, expiresAt }: ApiKey, now: number): KeyState {
  if (revokedAt !== null) return "revoked";
  return expiresAt <= now ? "expired" : "active";
}
