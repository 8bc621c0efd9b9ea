import { figuresOf } from "../../domain/limits/figures.ts";
import type { PlanState } from "../../protocol/events/states.ts";
import { type IdPageQuery, idPageSql, toIdPage } from "./id-pages.ts";
import type { Page } from "./pages.ts";
import { guardThat, insertRow, type Row, selection, updateRow } from "./rows.ts";
import { plans } from "./schema/index.ts";

export type Plan = typeof plans.$inferSelect;

/** Of an installation: what people can still tell apart. */
export const MAX_PLANS = 100;

export const planColumns = selection(plans, "p");

const SELECT = `SELECT ${planColumns.columns} FROM plans p`;

export const findPlan = (db: D1Database, name: string): D1PreparedStatement =>
  db.prepare(`${SELECT} WHERE p.name = ?`).bind(name);

export const findDefaultPlan = (db: D1Database): D1PreparedStatement =>
  db.prepare(`${SELECT} WHERE p.is_default = 1`);

export const planOf = (row: Row | undefined): Plan | undefined => row && planColumns.decode(row);

export const listPlans = (db: D1Database, query: IdPageQuery): D1PreparedStatement => {
  const page = idPageSql("p.id", "plan", query);
  return db.prepare(`${SELECT} WHERE 1 = 1${page.sql}`).bind(...page.values);
};

export const planPage = (rows: Row[], query: IdPageQuery): Page<Plan> =>
  toIdPage(
    rows.flatMap((row) => planColumns.decode(row) ?? []),
    query,
    ({ id }) => id,
  );

export const countPlans = (db: D1Database): D1PreparedStatement =>
  db.prepare("SELECT COUNT(*) AS count FROM plans");

/** A new plan; the batch fails where there are too many. */
export const insertPlan = (db: D1Database, plan: Plan): D1PreparedStatement[] => [
  insertRow(db, plans, plan),
  guardThat(db, "(SELECT COUNT(*) FROM plans) <= ?", MAX_PLANS),
];

export const updatePlan = (db: D1Database, read: Plan, changes: Partial<Plan>): D1PreparedStatement[] =>
  updateRow(db, plans, read, changes);

/** Tenants on a plan, deleted ones that can be restored too: a row of `count`. */
export const countTenantsOn = (db: D1Database, plan: string): D1PreparedStatement =>
  db
    .prepare(
      "SELECT COUNT(*) AS count FROM tenant_limits WHERE plan_id = (SELECT id FROM plans WHERE name = ?)",
    )
    .bind(plan);

/** The batch fails where it has changed, or a tenant is on it. */
export const deletePlan = (db: D1Database, read: Plan): D1PreparedStatement[] => [
  guardThat(db, "EXISTS (SELECT 1 FROM plans WHERE id = ? AND version = ?)", read.id, read.version),
  guardThat(db, "NOT EXISTS (SELECT 1 FROM tenant_limits WHERE plan_id = ?)", read.id),
  db.prepare("DELETE FROM plans WHERE id = ?").bind(read.id),
];

/** Puts a new tenant on the default plan, where there is one. */
export const startOnDefaultPlan = (db: D1Database, tenantId: string, now: number): D1PreparedStatement =>
  db
    .prepare(
      "INSERT INTO tenant_limits (id, plan_id, version, updated_at) SELECT ?, id, 1, ? FROM plans WHERE is_default = 1",
    )
    .bind(tenantId, now);

/** What events say of a plan. */
export const planState = (plan: Plan): PlanState => ({
  id: plan.id,
  name: plan.name,
  displayName: plan.displayName,
  limits: figuresOf(plan),
  auditRetentionDays: plan.auditRetentionDays,
  isDefault: plan.isDefault,
  version: plan.version,
});
