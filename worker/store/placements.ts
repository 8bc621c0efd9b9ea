import type { PlacementCluster } from "../../domain/tenancy/placement.ts";
import type { Row } from "./rows.ts";
import type { TenantPath } from "./scope.ts";

/** A cluster as a placement sees it. */
export interface Candidate extends PlacementCluster {
  id: string;
  name: string;
}

/** The cluster that an environment is to be placed on, by name. */
export const findCandidate = (path: TenantPath, cluster: string): D1PreparedStatement =>
  path.db
    .prepare(
      "SELECT id, name, mode, owner_tenant_id, allowed_tenants, deleted_at FROM clusters WHERE name = ?",
    )
    .bind(cluster);

export const candidateOf = (row: Row | undefined): Candidate | undefined =>
  row && {
    id: row.id as string,
    name: row.name as string,
    mode: row.mode as Candidate["mode"],
    deleted: row.deleted_at !== null,
    ownerTenantId: row.owner_tenant_id as string | null,
    allowedTenants: row.allowed_tenants === null ? null : JSON.parse(row.allowed_tenants as string),
  };

/** Who holds a namespace of a cluster: an environment placed there, or another tenant's that once was. */
export interface NamespaceHolder {
  environmentId: string;
  tenantId: string;
}

/**
 * A namespace belongs to one environment of a cluster; and one that another tenant's environment ever had there may
 * still hold its data, and so is never given away.
 *
 * @param namespace of an environment that does not exist yet; else its own counts
 */
export const findNamespaceHolders = (
  path: TenantPath,
  names: { project: string; environment: string; cluster: string; namespace: string },
): D1PreparedStatement =>
  path.db
    .prepare(
      `SELECT e.id, e.tenant_id FROM clusters c JOIN environments e
         ON e.namespace = COALESCE((SELECT x.namespace FROM environments x
              JOIN projects p ON p.id = x.project_id JOIN tenants t ON t.id = p.tenant_id
              WHERE t.name = ?1 AND p.name = ?2 AND x.name = ?3), ?5)
         AND (e.cluster_id = c.id OR (instr(e.placements, c.id) > 0
              AND e.tenant_id <> (SELECT id FROM tenants WHERE name = ?1)))
       WHERE c.name = ?4`,
    )
    .bind(path.tenant, names.project, names.environment, names.cluster, names.namespace);

export const holdersOf = (rows: Row[] | undefined): NamespaceHolder[] =>
  (rows ?? []).map((row) => ({ environmentId: row.id as string, tenantId: row.tenant_id as string }));
