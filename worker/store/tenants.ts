import type { Visible } from "../../domain/access/index.ts";
import type { TenantState } from "../../protocol/events/states.ts";
import { type Page, type PageQuery, pageSql, toPage } from "./pages.ts";
import { insertRow, type Row, selection, updateRow } from "./rows.ts";
import { tenants } from "./schema/index.ts";
import type { TenantScope } from "./scope.ts";

export type Tenant = typeof tenants.$inferSelect;

export const tenantColumns = selection(tenants, "t");

export const findTenant = (db: D1Database, name: string): D1PreparedStatement =>
  db.prepare(`SELECT ${tenantColumns.columns} FROM tenants t WHERE t.name = ?`).bind(name);

export const tenantOf = (row: Row | undefined): Tenant | undefined => row && tenantColumns.decode(row);

export function listTenants(db: D1Database, query: PageQuery, visible: Visible): D1PreparedStatement {
  const page = pageSql("t", query, visible === "all" ? "all" : [{ column: "id", ids: visible.tenantIds }]);
  return db
    .prepare(`SELECT ${tenantColumns.columns} FROM tenants t WHERE 1 = 1${page.sql}`)
    .bind(...page.values);
}

export const tenantPage = (rows: Row[], query: PageQuery): Page<Tenant> =>
  toPage(
    rows.flatMap((row) => tenantColumns.decode(row) ?? []),
    query,
  );

export const insertTenant = (db: D1Database, tenant: Tenant): D1PreparedStatement =>
  insertRow(db, tenants, tenant);

export const updateTenant = (
  db: D1Database,
  tenant: Tenant,
  changes: Partial<Tenant>,
): D1PreparedStatement[] => updateRow(db, tenants, tenant, changes);

/**
 * Each desired document of a tenant's projects and releases grows a revision: their tombstones, or their return, are
 * then newer than what the clusters hold.
 */
export const touchDesiredOfTenant = (scope: TenantScope, correlationId: string): D1PreparedStatement[] => [
  scope.db
    .prepare("UPDATE projects SET desired_revision = desired_revision + 1 WHERE tenant_id = ?")
    .bind(scope.tenantId),
  scope.db
    .prepare(
      "UPDATE releases SET desired_revision = desired_revision + 1, correlation_id = ? WHERE tenant_id = ? AND deleted_at IS NULL",
    )
    .bind(correlationId, scope.tenantId),
];

/** What events say of a tenant. */
export const tenantState = ({ id, name, displayName, labels, version, region }: Tenant): TenantState => ({
  id,
  name,
  displayName,
  labels,
  version,
  region,
});
