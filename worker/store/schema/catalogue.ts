import { index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { catalogueColumns } from "./columns.ts";

export const tenants = sqliteTable(
  "tenants",
  {
    ...catalogueColumns(),
    /** Where the tenant's data lives (decisions.md 17). */
    region: text("region").notNull(),
    /** Revision of the tenant's desired document: grows by a trigger with the tenant and with each desired_revision of its projects. */
    desiredRevision: integer("desired_revision").notNull().default(1),
  },
  (table) => [uniqueIndex("tenants_name").on(table.name)],
);

export const projects = sqliteTable(
  "projects",
  {
    ...catalogueColumns(),
    tenantId: text("tenant_id")
      .notNull()
      .references(() => tenants.id),
    /** Revision of the project's desired document: grows with the project and with each of its environments. */
    desiredRevision: integer("desired_revision").notNull().default(1),
  },
  (table) => [uniqueIndex("projects_tenant_name").on(table.tenantId, table.name)],
);

export interface Placement {
  clusterId: string | null;
  /** Milliseconds since 1970. */
  at: number;
  by: string;
}

export const environments = sqliteTable(
  "environments",
  {
    ...catalogueColumns(),
    tenantId: text("tenant_id")
      .notNull()
      .references(() => tenants.id),
    projectId: text("project_id")
      .notNull()
      .references(() => projects.id),
    /** Order in the project, from 0: promotions go upwards. */
    position: integer("position").notNull(),
    namespace: text("namespace").notNull(),
    /** The namespace existed before and is not ours to delete. */
    adopted: integer("adopted", { mode: "boolean" }).notNull().default(false),
    delivery: text("delivery", { enum: ["direct", "git"] })
      .notNull()
      .default("direct"),
    /** A new revision of an app is deployed here at once. */
    autoDeploy: integer("auto_deploy", { mode: "boolean" }).notNull().default(false),
    clusterId: text("cluster_id"),
    placements: text("placements", { mode: "json" }).$type<Placement[]>().notNull(),
  },
  (table) => [
    uniqueIndex("environments_project_name").on(table.projectId, table.name),
    uniqueIndex("environments_cluster_namespace").on(table.clusterId, table.namespace),
    index("environments_tenant").on(table.tenantId),
    index("environments_namespace").on(table.namespace),
  ],
);

export const apps = sqliteTable(
  "apps",
  {
    ...catalogueColumns(),
    tenantId: text("tenant_id")
      .notNull()
      .references(() => tenants.id),
    projectId: text("project_id")
      .notNull()
      .references(() => projects.id),
    /** Newest revision: what the app should be. */
    revisionId: text("revision_id").notNull(),
    revisionNumber: integer("revision_number").notNull(),
  },
  (table) => [
    uniqueIndex("apps_project_name").on(table.projectId, table.name),
    index("apps_tenant").on(table.tenantId),
  ],
);

/** Immutable; equal content is the same revision. */
export const revisions = sqliteTable(
  "revisions",
  {
    id: text("id").primaryKey(),
    tenantId: text("tenant_id").notNull(),
    appId: text("app_id")
      .notNull()
      .references(() => apps.id),
    number: integer("number").notNull(),
    digest: text("digest").notNull(),
    /** Canonical JSON of the spec. */
    spec: text("spec").notNull(),
    createdAt: integer("created_at").notNull(),
    createdBy: text("created_by").notNull(),
  },
  (table) => [
    uniqueIndex("revisions_app_digest").on(table.appId, table.digest),
    uniqueIndex("revisions_app_number").on(table.appId, table.number),
  ],
);
