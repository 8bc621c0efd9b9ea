import { sql } from "drizzle-orm";
import { index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";

/** What was given to whom. Times are milliseconds since 1970. */

/** Custom roles of a tenant, or of the platform. */
export const roles = sqliteTable(
  "roles",
  {
    id: text("id").primaryKey(),
    tenantId: text("tenant_id"),
    name: text("name").notNull(),
    displayName: text("display_name"),
    permissions: text("permissions", { mode: "json" }).$type<string[]>().notNull(),
    version: integer("version").notNull().default(1),
    createdAt: integer("created_at").notNull(),
    updatedAt: integer("updated_at").notNull(),
  },
  (table) => [
    uniqueIndex("roles_tenant_name").on(table.tenantId, table.name),
    uniqueIndex("roles_platform_name").on(table.name).where(sql`tenant_id IS NULL`),
  ],
);

/** A role given to a subject at a scope. The ids of all that the scope is in stand beside it. */
export const bindings = sqliteTable(
  "bindings",
  {
    id: text("id").primaryKey(),
    /** `user/usr_…`, `service-account/sva_…`, `team/tem_…`, `group/idp_…/<name>`. */
    subject: text("subject").notNull(),
    /** Name of a role, or the id of a custom one. */
    role: text("role").notNull(),
    level: text("level", { enum: ["platform", "cluster", "tenant", "project", "environment"] }).notNull(),
    /** Of a cluster's binding: its owner's, where the owner gave it. */
    tenantId: text("tenant_id"),
    projectId: text("project_id"),
    environmentId: text("environment_id"),
    clusterId: text("cluster_id"),
    createdAt: integer("created_at").notNull(),
    createdBy: text("created_by").notNull(),
    /** Null: until it is taken away. */
    expiresAt: integer("expires_at"),
    lastUsedAt: integer("last_used_at"),
  },
  (table) => [
    index("bindings_subject").on(table.subject),
    index("bindings_tenant").on(table.tenantId),
    index("bindings_role").on(table.role),
  ],
);

export const apiKeys = sqliteTable(
  "api_keys",
  {
    id: text("id").primaryKey(),
    /** `user/usr_…` or `service-account/sva_…`. */
    owner: text("owner").notNull(),
    /** The one tenant that the key is good for; null for all that its owner may see. */
    tenantId: text("tenant_id"),
    name: text("name").notNull(),
    secretHash: text("secret_hash").notNull(),
    /** The secret before the last rotation, which is good until then too. */
    previousHash: text("previous_hash"),
    previousExpiresAt: integer("previous_expires_at"),
    /** Permissions; null for all that its owner has. */
    permissions: text("permissions", { mode: "json" }).$type<string[]>(),
    /** Null: what each principal has (domain/limits/figures.ts). */
    requestsPerMinute: integer("requests_per_minute"),
    version: integer("version").notNull().default(1),
    createdAt: integer("created_at").notNull(),
    createdBy: text("created_by").notNull(),
    expiresAt: integer("expires_at").notNull(),
    revokedAt: integer("revoked_at"),
    lastUsedAt: integer("last_used_at"),
  },
  (table) => [index("api_keys_owner").on(table.owner), index("api_keys_tenant").on(table.tenantId)],
);

/** An invitation into a tenant: single use, expiring, its secret hashed at rest. */
export const invitations = sqliteTable(
  "invitations",
  {
    id: text("id").primaryKey(),
    /** Null: into the platform. */
    tenantId: text("tenant_id"),
    email: text("email").notNull(),
    /** What it gives: roles at scopes, as bindings are written. */
    grants: text("grants", { mode: "json" })
      .$type<{ role: string; projectId?: string; environmentId?: string }[]>()
      .notNull(),
    secretHash: text("secret_hash").notNull(),
    createdAt: integer("created_at").notNull(),
    createdBy: text("created_by").notNull(),
    expiresAt: integer("expires_at").notNull(),
    acceptedAt: integer("accepted_at"),
    acceptedBy: text("accepted_by"),
    revokedAt: integer("revoked_at"),
  },
  (table) => [index("invitations_tenant").on(table.tenantId)],
);
