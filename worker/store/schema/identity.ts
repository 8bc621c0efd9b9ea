import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";

/** Who there is and what was given to them. Times are milliseconds since 1970. */

export const users = sqliteTable(
  "users",
  {
    id: text("id").primaryKey(),
    /** The realm (domain/identity/realm.ts): the tenant whose own providers he logs in by; null for the platform's. */
    tenantId: text("tenant_id"),
    /** Lower case; one user an address in each realm. */
    email: text("email").notNull(),
    displayName: text("display_name"),
    state: text("state", { enum: ["active", "disabled"] })
      .notNull()
      .default("active"),
    /** The provider by which his address may open him once more (domain/identity/admission.ts). */
    relinkTo: text("relink_to"),
    version: integer("version").notNull().default(1),
    createdAt: integer("created_at").notNull(),
    updatedAt: integer("updated_at").notNull(),
    lastUsedAt: integer("last_used_at"),
  },
  (table) => [
    uniqueIndex("users_tenant_email").on(table.tenantId, table.email),
    // NULL is equal to nothing, so the platform's have an index of their own.
    uniqueIndex("users_platform_email").on(table.email).where(sql`tenant_id IS NULL`),
  ],
);

/** Who is listed in a tenant; what a member may do there, bindings say. */
export const memberships = sqliteTable(
  "memberships",
  {
    tenantId: text("tenant_id").notNull(),
    userId: text("user_id").notNull(),
    createdAt: integer("created_at").notNull(),
    createdBy: text("created_by").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.userId] }),
    index("memberships_user").on(table.userId),
  ],
);

export const teams = sqliteTable(
  "teams",
  {
    id: text("id").primaryKey(),
    tenantId: text("tenant_id").notNull(),
    name: text("name").notNull(),
    displayName: text("display_name"),
    version: integer("version").notNull().default(1),
    createdAt: integer("created_at").notNull(),
    updatedAt: integer("updated_at").notNull(),
  },
  (table) => [uniqueIndex("teams_tenant_name").on(table.tenantId, table.name)],
);

export const teamMembers = sqliteTable(
  "team_members",
  {
    teamId: text("team_id").notNull(),
    /** `user/usr_…` or `service-account/sva_…`. */
    member: text("member").notNull(),
    createdAt: integer("created_at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.teamId, table.member] }),
    index("team_members_member").on(table.member),
  ],
);

export const serviceAccounts = sqliteTable(
  "service_accounts",
  {
    id: text("id").primaryKey(),
    /** Null: it works for the platform. */
    tenantId: text("tenant_id"),
    name: text("name").notNull(),
    displayName: text("display_name"),
    state: text("state", { enum: ["active", "disabled"] })
      .notNull()
      .default("active"),
    version: integer("version").notNull().default(1),
    createdAt: integer("created_at").notNull(),
    updatedAt: integer("updated_at").notNull(),
    lastUsedAt: integer("last_used_at"),
  },
  (table) => [
    uniqueIndex("service_accounts_tenant_name").on(table.tenantId, table.name),
    uniqueIndex("service_accounts_platform_name").on(table.name).where(sql`tenant_id IS NULL`),
  ],
);

/** A login of a user: a family of refresh tokens, of which the newest is good. */
export const sessions = sqliteTable(
  "sessions",
  {
    id: text("id").primaryKey(),
    userId: text("user_id").notNull(),
    /** Who said who it is, and for which tenant where the provider is a tenant's own. */
    providerId: text("provider_id").notNull(),
    tenantId: text("tenant_id"),
    /** `group/idp_…/<name>` of each group that the provider named. */
    groups: text("groups", { mode: "json" }).$type<string[]>().notNull(),
    createdAt: integer("created_at").notNull(),
    expiresAt: integer("expires_at").notNull(),
    /** Logged out, revoked, ended because a used refresh token came again, or because too many newer ones were made. */
    endedAt: integer("ended_at"),
    endedBecause: text("ended_because", { enum: ["logout", "revoked", "reuse", "too-many"] }),
    refreshHash: text("refresh_hash").notNull(),
    /** Counts rotations. */
    generation: integer("generation").notNull().default(1),
    /** When the newest token was made in exchange for the one before; null where it is the first. */
    rotatedAt: integer("rotated_at"),
    address: text("address"),
    userAgent: text("user_agent"),
    lastUsedAt: integer("last_used_at"),
  },
  (table) => [index("sessions_user").on(table.userId), index("sessions_expires").on(table.expiresAt)],
);
