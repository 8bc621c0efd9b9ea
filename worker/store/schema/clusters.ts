import { index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import type { Capabilities, Inventory } from "../../../protocol/resources/status.ts";
import { catalogueColumns } from "./columns.ts";

export const clusters = sqliteTable(
  "clusters",
  {
    ...catalogueColumns(),
    provider: text("provider"),
    region: text("region"),
    mode: text("mode", { enum: ["manage", "read-only"] }).notNull(),
    /** Tenant that owns the cluster; null is the platform (decisions.md 10). */
    ownerTenantId: text("owner_tenant_id"),
    /** Ids of tenants that may be placed here beside the owner; null where there is no list, see mayUseCluster. */
    allowedTenants: text("allowed_tenants", { mode: "json" }).$type<string[]>(),
    /** Liveness is never stored: `connected` means that it was, once; readers derive unknown from the object. */
    state: text("state", { enum: ["pending_bootstrap", "bootstrapping", "connected", "deleted"] }).notNull(),
    capabilities: text("capabilities", { mode: "json" }).$type<Capabilities>(),
    inventory: text("inventory", { mode: "json" }).$type<Inventory>(),
    kubeUid: text("kube_uid"),
    agentVersion: text("agent_version"),
    /** Lineage of the desired set (architecture.md section 4). */
    epoch: integer("epoch").notNull().default(1),
    epochId: text("epoch_id").notNull(),
    /** When the cluster's object took this row's epoch for the first time; an object that is empty later has lost its storage. */
    claimedAt: integer("claimed_at"),
  },
  (table) => [uniqueIndex("clusters_name").on(table.name)],
);

export const clusterKeys = sqliteTable(
  "cluster_keys",
  {
    /** Raw Ed25519 public key, base64url. */
    publicKey: text("public_key").primaryKey(),
    clusterId: text("cluster_id")
      .notNull()
      .references(() => clusters.id),
    kubeUid: text("kube_uid").notNull(),
    createdAt: integer("created_at").notNull(),
    retiredAt: integer("retired_at"),
  },
  (table) => [index("cluster_keys_cluster").on(table.clusterId)],
);

/** One-time join tokens, hashed at rest. */
export const joinTokens = sqliteTable(
  "join_tokens",
  {
    id: text("id").primaryKey(),
    clusterId: text("cluster_id")
      .notNull()
      .references(() => clusters.id),
    secretHash: text("secret_hash").notNull(),
    createdAt: integer("created_at").notNull(),
    createdBy: text("created_by").notNull(),
    expiresAt: integer("expires_at").notNull(),
    usedAt: integer("used_at"),
    revokedAt: integer("revoked_at"),
  },
  (table) => [index("join_tokens_cluster").on(table.clusterId)],
);
