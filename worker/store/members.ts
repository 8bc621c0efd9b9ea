import { bindingOf, bindingsWhere, type NamedBinding } from "./bindings.ts";
import { type IdPageQuery, idPageSql, toIdPage } from "./id-pages.ts";
import type { Page } from "./pages.ts";
import { guardOne, guardThat, type Row } from "./rows.ts";

/** A user as a tenant sees him. */
export interface Member {
  id: string;
  /** Whether he is of the tenant's own realm: then it decides on him, else the platform. */
  isOwn: boolean;
  version: number;
  email: string;
  displayName: string | null;
  state: "active" | "disabled";
  /** The provider by which his address may open him once more. */
  relinkTo: string | null;
  since: number;
  by: string;
  lastUsedAt: number | null;
}

const SELECT = `SELECT u.id, u.email, u.display_name AS displayName, u.state, u.relink_to AS relinkTo, m.created_at AS since, m.created_by AS "by",
    u.last_used_at AS lastUsedAt, u.version, u.tenant_id IS m.tenant_id AS isOwn
  FROM memberships m JOIN users u ON u.id = m.user_id
  WHERE m.tenant_id = (SELECT id FROM tenants WHERE name = ?)`;

/** @param tenant its name */
export const findMember = (db: D1Database, tenant: string, userId: string): D1PreparedStatement =>
  db.prepare(`${SELECT} AND u.id = ?`).bind(tenant, userId);

export const memberOf = (row: Row | undefined): Member | undefined =>
  row && ({ ...row, isOwn: row.isOwn === 1 } as unknown as Member);

export function listMembers(db: D1Database, tenant: string, query: IdPageQuery): D1PreparedStatement {
  const page = idPageSql("u.id", "user", query);
  return db.prepare(`${SELECT}${page.sql}`).bind(tenant, ...page.values);
}

export const memberPage = (rows: Row[], query: IdPageQuery): Page<Member> =>
  toIdPage(
    rows.flatMap((row) => memberOf(row) ?? []),
    query,
    ({ id }) => id,
  );

/** In a tenant: somebody's own bindings, then those of his teams. Both values are bound twice. */
const HELD = `b.tenant_id = ?1 AND (b.subject = ?2
  OR b.subject IN (SELECT 'team/' || tm.team_id FROM team_members tm JOIN teams t ON t.id = tm.team_id
    WHERE tm.member = ?2 AND t.tenant_id = ?1))`;

/** All that somebody has in a tenant, by himself or by a team. @param subject `user/usr_…` */
export const bindingsHeld = (db: D1Database, tenantId: string, subject: string): D1PreparedStatement =>
  bindingsWhere(db, HELD, tenantId, subject);

export const heldBindings = (rows: Row[]): NamedBinding[] => rows.flatMap((row) => bindingOf(row) ?? []);

/** With the subject as `?1`. */
export const OF_SUBJECT =
  "(b.subject = ?1 OR b.subject IN (SELECT 'team/' || team_id FROM team_members WHERE member = ?1))";

/** All that somebody has anywhere, by himself or by a team. @param subject `user/usr_…`, `service-account/sva_…` */
export const bindingsOfSubject = (db: D1Database, subject: string): D1PreparedStatement =>
  bindingsWhere(db, OF_SUBJECT, subject);

/** As {@link heldStands}, of what {@link bindingsOfSubject} has read. */
export const heldAnywhereStands = (
  db: D1Database,
  subject: string,
  read: readonly NamedBinding[],
): D1PreparedStatement =>
  guardThat(db, `(SELECT COUNT(*) FROM bindings b WHERE ${OF_SUBJECT}) = ?2`, subject, read.length);

/** The batch fails where somebody has been given something in a tenant, or lost it, since it was read. */
export const heldStands = (
  db: D1Database,
  tenantId: string,
  subject: string,
  read: readonly NamedBinding[],
): D1PreparedStatement =>
  guardThat(db, `(SELECT COUNT(*) FROM bindings b WHERE ${HELD}) = ?3`, tenantId, subject, read.length);

/**
 * A user leaves a tenant: with his membership go his places in its teams, his bindings there, and the keys and logins that
 * are good for it alone. One of the tenant's own realm is nobody anywhere else, so he goes himself. The batch fails where he has left, or has been given something since it was read.
 */
export function removeMember(
  db: D1Database,
  tenantId: string,
  userId: string,
  read: readonly NamedBinding[],
  now: number,
): D1PreparedStatement[] {
  const subject = `user/${userId}`;
  return [
    db.prepare("DELETE FROM memberships WHERE tenant_id = ? AND user_id = ?").bind(tenantId, userId),
    guardOne(db),
    heldStands(db, tenantId, subject, read),
    db
      .prepare(
        "DELETE FROM team_members WHERE member = ?1 AND team_id IN (SELECT id FROM teams WHERE tenant_id = ?2)",
      )
      .bind(subject, tenantId),
    db.prepare("DELETE FROM bindings WHERE subject = ?1 AND tenant_id = ?2").bind(subject, tenantId),
    db
      .prepare(
        "UPDATE api_keys SET revoked_at = ?1 WHERE owner = ?2 AND tenant_id = ?3 AND revoked_at IS NULL",
      )
      .bind(now, subject, tenantId),
    db
      .prepare(
        `UPDATE sessions SET ended_at = ?1, ended_because = 'revoked'
          WHERE user_id = ?2 AND tenant_id = ?3 AND ended_at IS NULL`,
      )
      .bind(now, userId, tenantId),
    db
      .prepare(
        "DELETE FROM identities WHERE user_id = (SELECT id FROM users WHERE id = ?1 AND tenant_id = ?2)",
      )
      .bind(userId, tenantId),
    db.prepare("DELETE FROM users WHERE id = ?1 AND tenant_id = ?2").bind(userId, tenantId),
  ];
}
