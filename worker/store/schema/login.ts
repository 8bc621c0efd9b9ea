import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";

/** By whom people log in, and logins under way. Times are milliseconds since 1970. */

export const identityProviders = sqliteTable(
  "identity_providers",
  {
    id: text("id").primaryKey(),
    /** Null: the platform's, for everybody. */
    tenantId: text("tenant_id"),
    name: text("name").notNull(),
    displayName: text("display_name"),
    issuer: text("issuer").notNull(),
    clientId: text("client_id").notNull(),
    /** Sealed; null for a client without one. */
    clientSecret: text("client_secret"),
    scopes: text("scopes", { mode: "json" }).$type<string[]>().notNull(),
    groupsClaim: text("groups_claim"),
    /** Whom it may bring in (domain/identity/admission.ts). */
    users: text("users", { enum: ["invited", "domains", "everyone"] }).notNull(),
    domains: text("domains", { mode: "json" }).$type<string[]>().notNull(),
    trustEmail: integer("trust_email", { mode: "boolean" }).notNull(),
    enabled: integer("enabled", { mode: "boolean" }).notNull(),
    version: integer("version").notNull().default(1),
    createdAt: integer("created_at").notNull(),
    updatedAt: integer("updated_at").notNull(),
  },
  (table) => [
    uniqueIndex("identity_providers_tenant_name").on(table.tenantId, table.name),
    // NULL is equal to nothing, so the platform's have an index of their own.
    uniqueIndex("identity_providers_platform_name").on(table.name).where(sql`tenant_id IS NULL`),
  ],
);

/** Ways in of users: who it is at a provider is its issuer and subject, never an address. */
export const identities = sqliteTable(
  "identities",
  {
    providerId: text("provider_id").notNull(),
    issuer: text("issuer").notNull(),
    subject: text("subject").notNull(),
    userId: text("user_id").notNull(),
    createdAt: integer("created_at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.providerId, table.issuer, table.subject] }),
    index("identities_user").on(table.userId),
  ],
);

/** Browsers that are at a provider at this moment. Each row is used once. */
export const loginAttempts = sqliteTable(
  "login_attempts",
  {
    /** SHA-256 of the `state`, which comes from a secret in the browser's cookie alone. */
    stateHash: text("state_hash").primaryKey(),
    providerId: text("provider_id").notNull(),
    returnTo: text("return_to").notNull(),
    expiresAt: integer("expires_at").notNull(),
  },
  (table) => [index("login_attempts_expires").on(table.expiresAt)],
);

/** Terminals that wait for a person's word (RFC 8628). */
export const deviceLogins = sqliteTable(
  "device_logins",
  {
    id: text("id").primaryKey(),
    deviceHash: text("device_hash").notNull(),
    userCode: text("user_code").notNull(),
    /** What asks, as it says of itself, and from where. */
    client: text("client").notNull(),
    address: text("address"),
    userAgent: text("user_agent"),
    state: text("state", { enum: ["pending", "approved", "denied", "used"] }).notNull(),
    interval: integer("interval").notNull(),
    lastPolledAt: integer("last_polled_at"),
    /** The login by which a person approved it: the terminal gets one of the same kind. */
    approvedBy: text("approved_by"),
    createdAt: integer("created_at").notNull(),
    expiresAt: integer("expires_at").notNull(),
  },
  (table) => [
    uniqueIndex("device_logins_device").on(table.deviceHash),
    uniqueIndex("device_logins_user_code").on(table.userCode),
    index("device_logins_expires").on(table.expiresAt),
  ],
);
