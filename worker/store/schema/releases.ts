import { index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import type { DocumentStatus, Phase } from "../../../protocol/resources/status.ts";

/** One app in one environment: which revision should run there, and how that is going. */
export const releases = sqliteTable(
  "releases",
  {
    id: text("id").primaryKey(),
    tenantId: text("tenant_id").notNull(),
    projectId: text("project_id").notNull(),
    appId: text("app_id").notNull(),
    environmentId: text("environment_id").notNull(),
    revisionId: text("revision_id").notNull(),
    /** Revision of the desired document `release/<id>`: grows with each change, deletion included. */
    desiredRevision: integer("desired_revision").notNull(),
    correlationId: text("correlation_id").notNull(),
    version: integer("version").notNull().default(1),
    createdAt: integer("created_at").notNull(),
    updatedAt: integer("updated_at").notNull(),
    deletedAt: integer("deleted_at"),
    // The projection that ClusterDO writes. It never says that a cluster is reachable: readers ask the object.
    phase: text("phase").$type<Phase>().notNull().default("Pending"),
    message: text("message"),
    /** Desired revision that `phase` speaks of. */
    observedRevision: integer("observed_revision").notNull().default(0),
    status: text("status", { mode: "json" }).$type<DocumentStatus>(),
    /** ClusterDO's counter of status changes: an older one never overwrites a newer. */
    statusSeq: integer("status_seq").notNull().default(0),
    /** Epoch of the cluster's object in which statusSeq counts. */
    statusEpoch: integer("status_epoch").notNull().default(0),
    statusAt: integer("status_at"),
    /** Cluster whose object the three above count in: another one's counter starts anew. */
    statusClusterId: text("status_cluster_id"),
    /** Last deploy event that was told, and the desired revision that it was about: each is told once. */
    announced: text("announced", { enum: ["started", "succeeded", "failed"] }),
    announcedRevision: integer("announced_revision").notNull().default(0),
  },
  (table) => [
    uniqueIndex("releases_app_environment").on(table.appId, table.environmentId),
    index("releases_environment").on(table.environmentId),
    index("releases_tenant").on(table.tenantId),
  ],
);

/** Every deployment of a release, newest last: what rollback goes back through. */
export const deployments = sqliteTable(
  "deployments",
  {
    id: text("id").primaryKey(),
    tenantId: text("tenant_id").notNull(),
    releaseId: text("release_id").notNull(),
    revisionId: text("revision_id").notNull(),
    action: text("action", { enum: ["deploy", "rollback", "auto"] }).notNull(),
    actor: text("actor").notNull(),
    correlationId: text("correlation_id").notNull(),
    createdAt: integer("created_at").notNull(),
  },
  (table) => [index("deployments_release").on(table.releaseId, table.id)],
);
