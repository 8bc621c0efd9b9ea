import { type IdPageQuery, idPageSql, toIdPage } from "./id-pages.ts";
import { OF_SUBJECT } from "./members.ts";
import type { Page } from "./pages.ts";
import { guardThat, insertRow, type Row, selection, updateRow } from "./rows.ts";
import { serviceAccounts } from "./schema/index.ts";

export type ServiceAccount = typeof serviceAccounts.$inferSelect;

/** Of a tenant, or of the platform. */
export const MAX_SERVICE_ACCOUNTS = 1_000;

const fields = selection(serviceAccounts, "a");
const SELECT = `SELECT ${fields.columns} FROM service_accounts a`;
const OWNED =
  "a.tenant_id IS (SELECT id FROM tenants WHERE name = ?1) AND (?1 IS NULL) = (a.tenant_id IS NULL)";

export const serviceAccountOf = (row: Row | undefined): ServiceAccount | undefined =>
  row && fields.decode(row);

/** @param tenant name of whose it is; null for the platform */
export const findServiceAccount = (
  db: D1Database,
  tenant: string | null,
  name: string,
): D1PreparedStatement => db.prepare(`${SELECT} WHERE a.name = ?2 AND ${OWNED}`).bind(tenant, name);

export const countServiceAccounts = (db: D1Database, tenant: string | null): D1PreparedStatement =>
  db.prepare(`SELECT COUNT(*) AS count FROM service_accounts a WHERE ${OWNED}`).bind(tenant);

export function listServiceAccounts(
  db: D1Database,
  tenant: string | null,
  query: IdPageQuery,
): D1PreparedStatement {
  const page = idPageSql("a.id", "serviceAccount", query);
  return db.prepare(`${SELECT} WHERE ${OWNED}${page.sql}`).bind(tenant, ...page.values);
}

export const serviceAccountPage = (rows: Row[], query: IdPageQuery): Page<ServiceAccount> =>
  toIdPage(
    rows.flatMap((row) => fields.decode(row) ?? []),
    query,
    ({ id }) => id,
  );

export const insertServiceAccount = (db: D1Database, row: ServiceAccount): D1PreparedStatement =>
  insertRow(db, serviceAccounts, row);

export const updateServiceAccount = (
  db: D1Database,
  read: ServiceAccount,
  changes: Partial<ServiceAccount>,
): D1PreparedStatement[] => updateRow(db, serviceAccounts, read, changes);

/** With it go its places in teams, its bindings and its keys. The batch fails where it has been given something since. */
export const deleteServiceAccount = (
  db: D1Database,
  read: ServiceAccount,
  bindings: number,
): D1PreparedStatement[] => {
  const subject = `service-account/${read.id}`;
  const remove = (table: string, column: string) =>
    db.prepare(`DELETE FROM ${table} WHERE ${column} = ?`).bind(subject);
  return [
    guardThat(
      db,
      "EXISTS (SELECT 1 FROM service_accounts WHERE id = ? AND version = ?)",
      read.id,
      read.version,
    ),
    guardThat(db, `(SELECT COUNT(*) FROM bindings b WHERE ${OF_SUBJECT}) = ?2`, subject, bindings),
    remove("team_members", "member"),
    remove("bindings", "subject"),
    remove("api_keys", "owner"),
    db.prepare("DELETE FROM service_accounts WHERE id = ?").bind(read.id),
  ];
};
