import { sql } from "drizzle-orm";
import { index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { tenants } from "./catalogue.ts";

/** Null is what holds without it (domain/limits/figures.ts). */
const figures = () => ({
  requestsPerMinute: integer("requests_per_minute"),
  principalRequestsPerMinute: integer("principal_requests_per_minute"),
  streams: integer("streams"),
  principalStreams: integer("principal_streams"),
});

/** Figures with a name, which tenants are put on. */
export const plans = sqliteTable(
  "plans",
  {
    id: text("id").primaryKey(),
    name: text("name").notNull(),
    displayName: text("display_name"),
    ...figures(),
    auditRetentionDays: integer("audit_retention_days"),
    /** Of one plan at most: new tenants get it. */
    isDefault: integer("is_default", { mode: "boolean" }).notNull(),
    version: integer("version").notNull().default(1),
    createdAt: integer("created_at").notNull(),
    updatedAt: integer("updated_at").notNull(),
  },
  (table) => [
    uniqueIndex("plans_name").on(table.name),
    uniqueIndex("plans_default").on(table.isDefault).where(sql`is_default = 1`),
  ],
);

/** A tenant's own figures, and its plan, whose figures hold where it has none of its own. */
export const tenantLimits = sqliteTable(
  "tenant_limits",
  {
    /** The tenant's. */
    id: text("id")
      .primaryKey()
      .references(() => tenants.id),
    planId: text("plan_id").references(() => plans.id),
    ...figures(),
    version: integer("version").notNull().default(1),
    updatedAt: integer("updated_at").notNull(),
  },
  (table) => [index("tenant_limits_plan").on(table.planId)],
);
