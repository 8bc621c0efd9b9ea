import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { tenants } from "./catalogue.ts";

/** Figures of a tenant that are its own; a null, or no row, is the installation's default (domain/limits/figures.ts). */
export const tenantLimits = sqliteTable("tenant_limits", {
  /** The tenant's. */
  id: text("id")
    .primaryKey()
    .references(() => tenants.id),
  requestsPerMinute: integer("requests_per_minute"),
  principalRequestsPerMinute: integer("principal_requests_per_minute"),
  streams: integer("streams"),
  principalStreams: integer("principal_streams"),
  version: integer("version").notNull().default(1),
  updatedAt: integer("updated_at").notNull(),
});
