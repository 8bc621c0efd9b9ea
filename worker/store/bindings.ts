import type { Scope } from "../../domain/access/index.ts";
import { type IdPageQuery, idPageSql, toIdPage } from "./id-pages.ts";
import type { Page } from "./pages.ts";
import { type Row, selection } from "./rows.ts";
import { bindings } from "./schema/index.ts";

export type BindingRow = typeof bindings.$inferSelect;

/** A binding with the names of what it speaks of. */
export interface NamedBinding extends BindingRow {
  /** E-mail address of a user, name of a service account or team; null for a group, and for who is gone. */
  subjectName: string | null;
  /** Of a custom role; null for one of the fixed ones. */
  roleName: string | null;
  /** Written permissions of a custom role. */
  rolePermissions: string[] | null;
  tenantName: string | null;
  projectName: string | null;
  environmentName: string | null;
  clusterName: string | null;
  /** Tenant that owns the cluster now; null for the platform. */
  clusterOwner: string | null;
}

const fields = selection(bindings, "b");
const SELECT = `SELECT ${fields.columns}, COALESCE(u.email, a.name, m.name) AS subject_name, r.name AS role_name,
    r.permissions AS role_permissions, t.name AS tenant_name, p.name AS project_name, e.name AS environment_name,
    c.name AS cluster_name, o.id AS cluster_owner
  FROM bindings b LEFT JOIN users u ON u.id = substr(b.subject, 6)
  LEFT JOIN service_accounts a ON a.id = substr(b.subject, 17) LEFT JOIN teams m ON m.id = substr(b.subject, 6)
  LEFT JOIN roles r ON r.id = b.role LEFT JOIN tenants t ON t.id = b.tenant_id
  LEFT JOIN projects p ON p.id = b.project_id LEFT JOIN environments e ON e.id = b.environment_id
  LEFT JOIN clusters c ON c.id = b.cluster_id LEFT JOIN tenants o ON o.id = c.owner_tenant_id`;

export function bindingOf(row: Row | undefined): NamedBinding | undefined {
  const binding = row && fields.decode(row);
  if (!binding) return undefined;
  const text = (column: string) => (row[column] as string | null) ?? null;
  const permissions = text("role_permissions");
  return {
    ...binding,
    subjectName: text("subject_name"),
    roleName: text("role_name"),
    rolePermissions: permissions === null ? null : JSON.parse(permissions),
    tenantName: text("tenant_name"),
    projectName: text("project_name"),
    environmentName: text("environment_name"),
    clusterName: text("cluster_name"),
    clusterOwner: text("cluster_owner"),
  };
}

/** One binding of a tenant, or of the platform: by no other can it be reached. @param tenant its name; null for the platform */
export const findBinding = (db: D1Database, tenant: string | null, id: string): D1PreparedStatement =>
  db
    .prepare(
      `${SELECT} WHERE b.id = ?2 AND b.tenant_id IS (SELECT id FROM tenants WHERE name = ?1)
        AND (?1 IS NULL) = (b.tenant_id IS NULL)`,
    )
    .bind(tenant, id);

/** @param condition SQL on the bindings `b`, with `?1`, `?2` … for the values */
export const bindingsWhere = (db: D1Database, condition: string, ...values: unknown[]): D1PreparedStatement =>
  db.prepare(`${SELECT} WHERE ${condition}`).bind(...values);

/** What a list of bindings is narrowed to. */
export interface BindingFilter extends IdPageQuery {
  subject?: string | undefined;
  /** Name of a role. */
  role?: string | undefined;
  scope: Scope | undefined;
}

/** @param tenantId null for the platform's */
export function listBindings(
  db: D1Database,
  tenantId: string | null,
  filter: BindingFilter,
): D1PreparedStatement {
  const conditions = ["b.tenant_id IS ?"];
  const values: unknown[] = [tenantId];
  const { subject, role, scope } = filter;
  if (subject !== undefined) {
    conditions.push("b.subject = ?");
    values.push(subject);
  }
  if (role !== undefined) {
    conditions.push("(b.role = ? OR b.role IN (SELECT id FROM roles WHERE name = ?))");
    values.push(role, role);
  }
  for (const [field, column] of IDS) {
    const id = scope && field in scope ? (scope as unknown as Row)[field] : undefined;
    if (id === undefined) continue;
    conditions.push(`b.${column} = ?`);
    values.push(id);
  }
  const page = idPageSql("b.id", "binding", filter);
  return db.prepare(`${SELECT} WHERE ${conditions.join(" AND ")}${page.sql}`).bind(...values, ...page.values);
}

const IDS = [
  ["projectId", "project_id"],
  ["environmentId", "environment_id"],
  ["clusterId", "cluster_id"],
] as const;

export const bindingPage = (rows: Row[], query: IdPageQuery): Page<NamedBinding> =>
  toIdPage(
    rows.flatMap((row) => bindingOf(row) ?? []),
    query,
    ({ id }) => id,
  );
