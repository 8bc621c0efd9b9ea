import { type IdPageQuery, idPageSql, toIdPage } from "./id-pages.ts";
import type { Page } from "./pages.ts";
import { guardOne, guardThat, insertRow, type Row, selection } from "./rows.ts";
import { invitations } from "./schema/index.ts";

export type Invitation = typeof invitations.$inferSelect;

/** Open ones of a tenant, or of the platform. */
export const MAX_OPEN_INVITATIONS = 500;

const fields = selection(invitations, "i");
const SELECT = `SELECT ${fields.columns} FROM invitations i`;
const OWNED =
  "i.tenant_id IS (SELECT id FROM tenants WHERE name = ?1) AND (?1 IS NULL) = (i.tenant_id IS NULL)";
const OPEN = "accepted_at IS NULL AND revoked_at IS NULL AND expires_at > ?";

export const invitationOf = (row: Row | undefined): Invitation | undefined => row && fields.decode(row);

/** @param tenant name of whose it is; null for the platform */
export const findInvitation = (db: D1Database, tenant: string | null, id: string): D1PreparedStatement =>
  db.prepare(`${SELECT} WHERE i.id = ?2 AND ${OWNED}`).bind(tenant, id);

/** One by its token's id, whoever's it is. */
export const findInvitationById = (db: D1Database, id: string): D1PreparedStatement =>
  db.prepare(`${SELECT} WHERE i.id = ?`).bind(id);

export function listInvitations(
  db: D1Database,
  tenant: string | null,
  query: IdPageQuery,
): D1PreparedStatement {
  const page = idPageSql("i.id", "invitation", query);
  return db.prepare(`${SELECT} WHERE ${OWNED}${page.sql}`).bind(tenant, ...page.values);
}

export const invitationPage = (rows: Row[], query: IdPageQuery): Page<Invitation> =>
  toIdPage(
    rows.flatMap((row) => fields.decode(row) ?? []),
    query,
    ({ id }) => id,
  );

/** What stands against a new one: how many are open, the open one for that address, and whether he is in already. */
export const findInvited = (
  db: D1Database,
  tenantId: string | null,
  email: string,
  now: number,
): D1PreparedStatement =>
  db
    .prepare(
      `SELECT (SELECT COUNT(*) FROM invitations WHERE tenant_id IS ?1 AND ${OPEN}3) AS count,
        (SELECT id FROM invitations WHERE tenant_id IS ?1 AND email = ?2 AND ${OPEN}3 LIMIT 1) AS same,
        (SELECT u.id FROM users u JOIN memberships m ON m.user_id = u.id
          WHERE u.email = ?2 AND m.tenant_id = ?1 LIMIT 1) AS member`,
    )
    .bind(tenantId, email, now);

/** The batch fails where another one for the address is open. */
export const insertInvitation = (db: D1Database, row: Invitation): D1PreparedStatement[] => [
  insertRow(db, invitations, row),
  guardThat(
    db,
    `(SELECT COUNT(*) FROM invitations WHERE tenant_id IS ? AND email = ? AND ${OPEN}) = 1`,
    row.tenantId,
    row.email,
    row.createdAt,
  ),
];

/** The batch fails where it is used or revoked by then. */
export const revokeInvitation = (db: D1Database, id: string, now: number): D1PreparedStatement[] => [
  db
    .prepare(
      "UPDATE invitations SET revoked_at = ? WHERE id = ? AND accepted_at IS NULL AND revoked_at IS NULL",
    )
    .bind(now, id),
  guardOne(db),
];

/** Uses it, once: the batch fails where somebody else did, or it is over. */
export const acceptInvitation = (
  db: D1Database,
  id: string,
  userId: string,
  now: number,
): D1PreparedStatement[] => [
  db
    .prepare(`UPDATE invitations SET accepted_at = ?, accepted_by = ? WHERE id = ? AND ${OPEN}`)
    .bind(now, userId, id, now),
  guardOne(db),
];

export type InvitationState = "open" | "accepted" | "revoked" | "expired";

export function invitationState(row: Invitation, now: number): InvitationState {
  if (row.acceptedAt !== null) return "accepted";
  if (row.revokedAt !== null) return "revoked";
  return row.expiresAt <= now ? "expired" : "open";
}

/** What of an invitation is still there: its tenant's name, and the ids of projects and environments, not deleted. */
export const findStanding = (db: D1Database, { tenantId, grants }: Invitation): D1PreparedStatement => {
  const ids = JSON.stringify(grants.flatMap(({ projectId, environmentId }) => [projectId, environmentId]));
  return db
    .prepare(
      `SELECT (SELECT name FROM tenants WHERE id = ?1 AND deleted_at IS NULL) AS tenant,
        (SELECT json_group_array(id) FROM (
          SELECT id FROM projects WHERE deleted_at IS NULL AND id IN (SELECT value FROM json_each(?2))
          UNION ALL
          SELECT id FROM environments WHERE deleted_at IS NULL AND id IN (SELECT value FROM json_each(?2)))) AS ids`,
    )
    .bind(tenantId, ids);
};
