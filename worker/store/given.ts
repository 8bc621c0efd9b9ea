import { type Binding, permissionsOf, type Scope } from "../../domain/access/index.ts";
import type { Row } from "./rows.ts";

/** What is given to somebody, as one JSON array a binding: queries of rights read it along with what they look for. */

export type BindingValues = [
  id: string,
  role: string,
  permissions: string[] | null,
  level: Scope["level"],
  tenantId: string | null,
  projectId: string | null,
  environmentId: string | null,
  clusterId: string | null,
  subject: string,
  lastUsedAt: number | null,
  expiresAt: number | null,
];

/**
 * Bindings of the subjects that a query names `subjects`, at ?2. What a deleted tenant gave, on its clusters too, gives
 * nothing until the tenant is back.
 */
export const BINDINGS = (subjects: string): string => `(SELECT json_group_array(json_array(b.id, b.role,
    json(r.permissions), b.level, b.tenant_id, b.project_id, b.environment_id, b.cluster_id, b.subject, b.last_used_at,
    b.expires_at))
  FROM bindings b LEFT JOIN roles r ON r.id = b.role
  WHERE b.subject IN (${subjects}) AND (b.expires_at IS NULL OR b.expires_at > ?2)
    AND (b.tenant_id IS NULL OR EXISTS (SELECT 1 FROM tenants WHERE id = b.tenant_id AND deleted_at IS NULL)))`;

export const TEAMS = (member: string): string =>
  `SELECT 'team/' || team_id FROM team_members WHERE member = ${member}`;

const GROUPS = `SELECT g.value FROM sessions s JOIN json_each(s.groups) g
  WHERE 'user/' || s.user_id = ?1 AND s.ended_at IS NULL AND s.expires_at > ?2`;

/** What is given to somebody, by himself, his teams and the groups of his logins. @param subject `user/usr_…` */
export const findSubjectAccess = (db: D1Database, subject: string, now: number): D1PreparedStatement =>
  db
    .prepare(
      `SELECT ${BINDINGS(`SELECT ?1 UNION ALL ${TEAMS("?1")} UNION ALL ${GROUPS}`)} AS bindings,
        (SELECT state FROM users WHERE 'user/' || id = ?1
          UNION ALL SELECT state FROM service_accounts WHERE 'service-account/' || id = ?1) AS state`,
    )
    .bind(subject, now);

export function subjectAccess(row: Row | undefined): { bindings: Binding[]; disabled: boolean } {
  const bindings = JSON.parse((row?.bindings as string | undefined) ?? "[]") as BindingValues[];
  return { bindings: bindings.map(bindingOf), disabled: row?.state === "disabled" };
}

export function bindingOf(values: BindingValues): Binding {
  const [
    id,
    role,
    permissions,
    level,
    tenantId,
    projectId,
    environmentId,
    clusterId,
    subject,
    lastUsedAt,
    expiresAt,
  ] = values;
  const scope = { level, tenantId, projectId, environmentId, clusterId } as unknown as Scope;
  return {
    id,
    role,
    permissions: permissionsOf(role, permissions ?? [], level),
    scope,
    subject,
    lastUsedAt,
    expiresAt,
  };
}
