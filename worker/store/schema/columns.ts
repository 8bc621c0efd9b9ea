import { integer, text } from "drizzle-orm/sqlite-core";

/** Columns that every catalogue object has. Times are milliseconds since 1970, UTC. `version` makes the ETag. */
export const catalogueColumns = () => ({
  id: text("id").primaryKey(),
  name: text("name").notNull(),
  displayName: text("display_name"),
  labels: text("labels", { mode: "json" }).$type<Record<string, string>>().notNull(),
  version: integer("version").notNull().default(1),
  createdAt: integer("created_at").notNull(),
  updatedAt: integer("updated_at").notNull(),
  /** Soft delete: kept 30 days, restorable until then; the name stays taken. */
  deletedAt: integer("deleted_at"),
});
