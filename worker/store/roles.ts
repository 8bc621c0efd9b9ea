import { type IdPageQuery, idPageSql, toIdPage } from "./id-pages.ts";
import type { Page } from "./pages.ts";
import { guardThat, insertRow, type Row, selection, updateRow } from "./rows.ts";
import { roles } from "./schema/index.ts";

/** A custom role, of a tenant or of the platform. */
export type CustomRole = typeof roles.$inferSelect;

/** A tenant's, or the platform's: a list that people can still read. */
export const MAX_ROLES = 200;

const fields = selection(roles, "r");

/** Of that tenant alone, or of the platform alone. @see findRole */
const OWNED =
  "r.tenant_id IS (SELECT id FROM tenants WHERE name = ?1) AND (?1 IS NULL) = (r.tenant_id IS NULL)";

/** @param tenant name of the tenant whose role it is; null for the platform */
export const findRole = (db: D1Database, tenant: string | null, name: string): D1PreparedStatement =>
  db.prepare(`SELECT ${fields.columns} FROM roles r WHERE r.name = ?2 AND ${OWNED}`).bind(tenant, name);

/** The one that a tenant means by a name: its own, else the platform's. */
export const findRoleFor = (db: D1Database, tenant: string | null, name: string): D1PreparedStatement =>
  db
    .prepare(
      `SELECT ${fields.columns} FROM roles r WHERE r.name = ?2
        AND (r.tenant_id IS NULL OR r.tenant_id = (SELECT id FROM tenants WHERE name = ?1))
        ORDER BY r.tenant_id IS NULL LIMIT 1`,
    )
    .bind(tenant, name);

/** Those of a list of ids that are there. */
export const findRolesById = (db: D1Database, ids: readonly string[]): D1PreparedStatement =>
  db
    .prepare(`SELECT ${fields.columns} FROM roles r WHERE r.id IN (SELECT value FROM json_each(?))`)
    .bind(JSON.stringify(ids));

export const listRoles = (db: D1Database, tenant: string | null, query: IdPageQuery): D1PreparedStatement => {
  const page = idPageSql("r.id", "role", query);
  return db
    .prepare(`SELECT ${fields.columns} FROM roles r WHERE ${OWNED}${page.sql}`)
    .bind(tenant, ...page.values);
};

export const roleOf = (row: Row | undefined): CustomRole | undefined => row && fields.decode(row);

export const rolePage = (rows: Row[], query: IdPageQuery): Page<CustomRole> =>
  toIdPage(
    rows.flatMap((row) => fields.decode(row) ?? []),
    query,
    ({ id }) => id,
  );

/** A new role; the batch fails where its owner has too many. */
export const insertRole = (db: D1Database, role: CustomRole): D1PreparedStatement[] => [
  insertRow(db, roles, role),
  guardThat(db, "(SELECT COUNT(*) FROM roles WHERE tenant_id IS ?) <= ?", role.tenantId, MAX_ROLES),
];

export const countRoles = (db: D1Database, tenant: string | null): D1PreparedStatement =>
  db.prepare(`SELECT COUNT(*) AS count FROM roles r WHERE ${OWNED}`).bind(tenant);

export const updateRole = (db: D1Database, read: CustomRole, changes: Partial<CustomRole>) =>
  updateRow(db, roles, read, changes);

/** Bindings and open invitations that give a role: a row of `count`. */
export const countUses = (db: D1Database, roleId: string, now: number): D1PreparedStatement =>
  db.prepare(`SELECT ${USES} AS count`).bind(roleId, roleId, now);

const USES = `(SELECT COUNT(*) FROM bindings WHERE role = ?) + (SELECT COUNT(*) FROM invitations i, json_each(i.grants) g
  WHERE g.value->>'role' = ? AND i.accepted_at IS NULL AND i.revoked_at IS NULL AND i.expires_at > ?)`;

/** The batch fails where it has changed, or is in use. */
export const deleteRole = (db: D1Database, read: CustomRole, now: number): D1PreparedStatement[] => [
  guardThat(db, "EXISTS (SELECT 1 FROM roles WHERE id = ? AND version = ?)", read.id, read.version),
  guardThat(db, `${USES} = 0`, read.id, read.id, now),
  db.prepare("DELETE FROM roles WHERE id = ?").bind(read.id),
];
