import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** How long each log is kept; a log without a row is kept for the default. */
export const auditSettings = sqliteTable("audit_settings", {
  /** Id of a tenant, or `platform`. */
  log: text("log").primaryKey(),
  retentionDays: integer("retention_days").notNull(),
  updatedAt: integer("updated_at").notNull(),
});

/** Where a log is streamed to. */
export const auditSinks = sqliteTable("audit_sinks", {
  /** Id of a tenant, or `platform`. */
  log: text("log").primaryKey(),
  /** The same; null of the platform's log. */
  tenantId: text("tenant_id"),
  url: text("url").notNull(),
  format: text("format", { enum: ["jsonl", "splunk-hec", "datadog"] }).notNull(),
  /** Sealed; null where the receiver wants none. */
  token: text("token"),
  /** Index of the first entry that is sent. */
  fromIndex: integer("from_index").notNull(),
  /** Whether what is personal goes along, opened. */
  personal: integer("personal", { mode: "boolean" }).notNull(),
  version: integer("version").notNull().default(1),
  createdAt: integer("created_at").notNull(),
  updatedAt: integer("updated_at").notNull(),
});
