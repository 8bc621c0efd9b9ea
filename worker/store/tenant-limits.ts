import { DEFAULT_LIMITS, type TenantLimits } from "../../domain/limits/figures.ts";
import { insertRow, type Row, selection, updateRow } from "./rows.ts";
import { tenantLimits } from "./schema/index.ts";

export type TenantLimitsRow = typeof tenantLimits.$inferSelect;

const limitColumns = selection(tenantLimits, "l");

const SELECT = `SELECT ${limitColumns.columns} FROM tenant_limits l`;

export const findTenantLimits = (db: D1Database, tenant: string): D1PreparedStatement =>
  db.prepare(`${SELECT} JOIN tenants t ON t.id = l.id WHERE t.name = ?`).bind(tenant);

export const tenantLimitsOf = (row: Row | undefined): TenantLimitsRow | undefined =>
  row && limitColumns.decode(row);

/** Writes a tenant's figures where they are still as they were read. */
export const writeTenantLimits = (
  db: D1Database,
  before: TenantLimitsRow | undefined,
  after: TenantLimitsRow,
): D1PreparedStatement[] => {
  if (!before) return [insertRow(db, tenantLimits, after)];
  const { id: _, version: __, ...changes } = after;
  return updateRow(db, tenantLimits, before, changes);
};

/** What a tenant's callers may use: its own figures over the installation's. */
export const effectiveLimits = (row: TenantLimitsRow | undefined): TenantLimits => ({
  requestsPerMinute: row?.requestsPerMinute ?? DEFAULT_LIMITS.requestsPerMinute,
  principalRequestsPerMinute: row?.principalRequestsPerMinute ?? DEFAULT_LIMITS.principalRequestsPerMinute,
  streams: row?.streams ?? DEFAULT_LIMITS.streams,
  principalStreams: row?.principalStreams ?? DEFAULT_LIMITS.principalStreams,
});

/** The same, by the tenant's id: for its object. */
export async function limitsOfTenant(db: D1Database, tenantId: string): Promise<TenantLimits> {
  const row = await db.prepare(`${SELECT} WHERE l.id = ?`).bind(tenantId).first<Row>();
  return effectiveLimits(tenantLimitsOf(row ?? undefined));
}
