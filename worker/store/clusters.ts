import type { Visible } from "../../domain/access/index.ts";
import type { ClusterState } from "../../protocol/events/states.ts";
import { type Page, type PageQuery, pageSql, toPage } from "./pages.ts";
import { insertRow, type Row, selection, updateRow } from "./rows.ts";
import { clusters } from "./schema/index.ts";

export type ClusterRow = typeof clusters.$inferSelect;

/** A cluster with the names of the tenants that its row knows by id. */
export interface Cluster extends ClusterRow {
  ownerTenant: string | null;
  /** Names; null where there is no list. */
  allowedTenantNames: string[] | null;
}

const fields = selection(clusters, "c");

const SELECT = `SELECT ${fields.columns},
    (SELECT t.name FROM tenants t WHERE t.id = c.owner_tenant_id) AS owner_name,
    CASE WHEN c.allowed_tenants IS NOT NULL THEN (SELECT json_group_array(name) FROM (
      SELECT t.name FROM json_each(c.allowed_tenants) j JOIN tenants t ON t.id = j.value ORDER BY t.name)) END AS allowed_names
  FROM clusters c`;

/** An id has an underscore, a name never. */
const columnOf = (nameOrId: string): "id" | "name" => (nameOrId.includes("_") ? "id" : "name");

export const findCluster = (db: D1Database, nameOrId: string): D1PreparedStatement =>
  db.prepare(`${SELECT} WHERE c.${columnOf(nameOrId)} = ?`).bind(nameOrId);

/** The cluster that a join token is for. */
export const findClusterOfToken = (db: D1Database, tokenId: string): D1PreparedStatement =>
  db.prepare(`${SELECT} WHERE c.id = (SELECT cluster_id FROM join_tokens WHERE id = ?)`).bind(tokenId);

export function clusterOf(row: Row | undefined): Cluster | undefined {
  const cluster = row && fields.decode(row);
  if (!cluster) return undefined;
  return {
    ...cluster,
    ownerTenant: (row.owner_name as string | null) ?? null,
    allowedTenantNames:
      row.allowed_names == null ? null : (JSON.parse(String(row.allowed_names)) as string[]),
  };
}

/** The tenant that owns a cluster, deleted or not; null for the platform, to which a purged tenant's falls. */
export const ownerOf = ({ ownerTenantId, ownerTenant }: Cluster): string | null =>
  ownerTenant === null ? null : ownerTenantId;

export function listClusters(db: D1Database, query: PageQuery, visible: Visible): D1PreparedStatement {
  const shown =
    visible === "all"
      ? ("all" as const)
      : [
          { column: "owner_tenant_id", ids: visible.tenantIds },
          { column: "id", ids: visible.clusterIds },
        ];
  const page = pageSql("c", query, shown);
  return db.prepare(`${SELECT} WHERE 1 = 1${page.sql}`).bind(...page.values);
}

export const clusterPage = (rows: Row[], query: PageQuery): Page<Cluster> =>
  toPage(
    rows.flatMap((row) => clusterOf(row) ?? []),
    query,
  );

export const insertCluster = (db: D1Database, cluster: ClusterRow): D1PreparedStatement =>
  insertRow(db, clusters, cluster);

export const updateCluster = (
  db: D1Database,
  cluster: { id: string; version: number },
  changes: Partial<ClusterRow>,
): D1PreparedStatement[] => updateRow(db, clusters, cluster, changes);

/** Tenants by name, for those that are not deleted: rows of `id` and `name`. */
export const tenantsByName = (db: D1Database, names: string[]): D1PreparedStatement =>
  db
    .prepare(
      "SELECT id, name FROM tenants WHERE deleted_at IS NULL AND name IN (SELECT value FROM json_each(?)) ORDER BY name",
    )
    .bind(JSON.stringify(names));

/** Tenants that a cluster's row names, deleted ones too and purged ones not: rows of `id` and `name`. */
export const tenantsOfCluster = (db: D1Database, nameOrId: string): D1PreparedStatement =>
  db
    .prepare(
      `SELECT t.id, t.name FROM clusters c JOIN tenants t
        ON t.id = c.owner_tenant_id OR t.id IN (SELECT value FROM json_each(c.allowed_tenants))
        WHERE c.${columnOf(nameOrId)} = ?`,
    )
    .bind(nameOrId);

/** Environments that are placed on a cluster and not deleted, the first twenty: rows of `path`. */
export const environmentsPlacedOn = (db: D1Database, nameOrId: string): D1PreparedStatement =>
  db
    .prepare(
      `SELECT t.name || '/' || p.name || '/' || e.name AS path
        FROM environments e JOIN projects p ON p.id = e.project_id JOIN tenants t ON t.id = e.tenant_id
        WHERE e.cluster_id = (SELECT id FROM clusters WHERE ${columnOf(nameOrId)} = ?)
          AND e.deleted_at IS NULL AND p.deleted_at IS NULL AND t.deleted_at IS NULL
        ORDER BY e.id LIMIT 20`,
    )
    .bind(nameOrId);

/** What events say of a cluster. */
export const clusterState = (cluster: ClusterRow): ClusterState => ({
  id: cluster.id,
  name: cluster.name,
  displayName: cluster.displayName,
  labels: cluster.labels,
  version: cluster.version,
  provider: cluster.provider,
  region: cluster.region,
  mode: cluster.mode,
  ownerTenantId: cluster.ownerTenantId,
  allowedTenants: cluster.allowedTenants,
  state: cluster.state,
  epoch: cluster.epoch,
});
