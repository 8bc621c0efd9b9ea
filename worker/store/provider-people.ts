import type { IdentityProvider } from "./identity-providers.ts";
import { guardThat, type Row } from "./rows.ts";

/** What those have whom a provider may name: whoever has a say in it could come as any of them. */

type Named = Pick<IdentityProvider, "id" | "tenantId">;

/** A role that some of them have. */
export interface RoleOfPeople {
  role: string;
  /** Written permissions of a custom role. */
  permissions: string[] | null;
  /** When the last binding of it ends; null for never. */
  expiresAt: number | null;
}

/** Users of the realm who log in by it, who may once, or who never had a way in and may so by each of its providers. */
const PEOPLE = `SELECT 'user/' || u.id FROM users u WHERE u.tenant_id IS ?2 AND (u.relink_to = ?1
  OR EXISTS (SELECT 1 FROM identities i WHERE i.user_id = u.id AND i.provider_id = ?1)
  OR NOT EXISTS (SELECT 1 FROM identities i WHERE i.user_id = u.id))`;

/** One row a role, so as many as there are roles: as one text, by which a batch tells whether it is the same still. */
const ROLES = `(SELECT json_group_array(json_array(role, json(permissions), ends)) FROM (
  SELECT b.role, r.permissions, CASE WHEN COUNT(b.expires_at) = COUNT(*) THEN MAX(b.expires_at) END AS ends
  FROM bindings b LEFT JOIN roles r ON r.id = b.role
  WHERE (b.expires_at IS NULL OR b.expires_at > ?3) AND (b.subject IN (${PEOPLE})
    OR b.subject IN (SELECT 'team/' || team_id FROM team_members WHERE member IN (${PEOPLE}))
    OR (b.subject > 'group/' || ?1 || '/' AND b.subject < 'group/' || ?1 || '0'))
  GROUP BY b.role ORDER BY b.role))`;

export const findRolesOfPeople = (
  db: D1Database,
  { id, tenantId }: Named,
  now: number,
): D1PreparedStatement => db.prepare(`SELECT ${ROLES} AS roles`).bind(id, tenantId, now);

export function rolesOfPeople(row: Row | undefined): RoleOfPeople[] {
  const read = JSON.parse(textOf(row)) as [string, string[] | null, number | null][];
  return read.map(([role, permissions, expiresAt]) => ({ role, permissions, expiresAt }));
}

/** The batch fails where they have got or lost a role since it was read. */
export const rolesOfPeopleStand = (
  db: D1Database,
  { id, tenantId }: Named,
  now: number,
  read: Row | undefined,
): D1PreparedStatement => guardThat(db, `${ROLES} = ?4`, id, tenantId, now, textOf(read));

const textOf = (row: Row | undefined): string => (row?.roles as string | undefined) ?? "[]";
