import type { Found } from "./paths.ts";
import { environmentColumns, foundIn, projectColumns } from "./paths.ts";
import type { Row } from "./rows.ts";
import { tenantColumns } from "./tenants.ts";

/** Where something is given, by names; none is the platform. */
export interface ScopeNames {
  tenant?: string | undefined;
  project?: string | undefined;
  environment?: string | undefined;
  cluster?: string | undefined;
}

export interface FoundScope extends Found {
  cluster?: { id: string; name: string; ownerTenantId: string | null; deletedAt: number | null } | undefined;
}

const COLUMNS = `${tenantColumns.columns}, ${projectColumns.columns}, ${environmentColumns.columns},
  c.id AS cluster_id, c.name AS cluster_name, o.id AS cluster_owner, c.deleted_at AS cluster_deleted`;

/** One row with what the names mean, deleted or not. */
export const findScope = (db: D1Database, names: ScopeNames): D1PreparedStatement =>
  db
    .prepare(
      `SELECT ${COLUMNS} FROM (SELECT 1) LEFT JOIN tenants t ON t.name = ?1
        LEFT JOIN projects p ON p.tenant_id = t.id AND p.name = ?2
        LEFT JOIN environments e ON e.project_id = p.id AND e.name = ?3 LEFT JOIN clusters c ON c.name = ?4
        LEFT JOIN tenants o ON o.id = c.owner_tenant_id`,
    )
    .bind(names.tenant ?? null, names.project ?? null, names.environment ?? null, names.cluster ?? null);

export function foundScope(row: Row | undefined): FoundScope {
  if (!row) return {};
  const cluster = row.cluster_id
    ? {
        id: String(row.cluster_id),
        name: String(row.cluster_name),
        ownerTenantId: (row.cluster_owner as string | null) ?? null,
        deletedAt: (row.cluster_deleted as number | null) ?? null,
      }
    : undefined;
  return { ...foundIn(row), cluster };
}
