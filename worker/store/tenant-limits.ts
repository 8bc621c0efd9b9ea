import { effectiveLimits, type TenantLimits } from "../../domain/limits/figures.ts";
import { type Plan, planColumns } from "./plans.ts";
import { guardThat, insertRow, type Row, selection, updateRow } from "./rows.ts";
import { tenantLimits } from "./schema/index.ts";

export type TenantLimitsRow = typeof tenantLimits.$inferSelect;

/** A tenant's own figures and its plan; nobody may have set either. */
export interface LimitsOfTenant {
  own: TenantLimitsRow | undefined;
  plan: Plan | undefined;
}

const limitColumns = selection(tenantLimits, "l");

const SELECT = `SELECT ${limitColumns.columns}, ${planColumns.columns} FROM tenant_limits l
  LEFT JOIN plans p ON p.id = l.plan_id`;

export const findTenantLimits = (db: D1Database, tenant: string): D1PreparedStatement =>
  db.prepare(`${SELECT} JOIN tenants t ON t.id = l.id WHERE t.name = ?`).bind(tenant);

export const tenantLimitsOf = (row: Row | undefined): LimitsOfTenant => ({
  own: row && limitColumns.decode(row),
  plan: row && planColumns.decode(row),
});

/** Writes a tenant's figures and plan where they are still as they were read, and the plan is there. */
export const writeTenantLimits = (
  db: D1Database,
  before: TenantLimitsRow | undefined,
  after: TenantLimitsRow,
): D1PreparedStatement[] => {
  const { id: _, version: __, ...changes } = after;
  return [
    guardThat(db, "?1 IS NULL OR EXISTS (SELECT 1 FROM plans WHERE id = ?1)", after.planId),
    ...(before ? updateRow(db, tenantLimits, before, changes) : [insertRow(db, tenantLimits, after)]),
  ];
};

/** What a tenant's callers may use, by the tenant's id: for its object. */
export async function limitsOfTenant(db: D1Database, tenantId: string): Promise<TenantLimits> {
  const row = await db.prepare(`${SELECT} WHERE l.id = ?`).bind(tenantId).first<Row>();
  const { own, plan } = tenantLimitsOf(row ?? undefined);
  return effectiveLimits(own, plan);
}
