import {
  type Located,
  projectDocuments,
  type TenantRow,
  tenantDocuments,
} from "../../domain/desired/placement.ts";
import {
  PROJECT_COLUMNS,
  projectsFrom,
  type RawProject,
  type RawTenant,
  tenantFrom,
} from "./catalogue-documents.ts";

/** The tenants and projects that one cluster should hold. */

const TENANTS_OF_CLUSTER = `SELECT t.id, t.name, t.display_name, t.desired_revision, 1 AS alive, ?1 AS cluster_id, 1 AS placed
  FROM tenants t WHERE t.deleted_at IS NULL AND t.id > ?2
    AND EXISTS (SELECT 1 FROM environments e JOIN projects p ON p.id = e.project_id
      WHERE e.cluster_id = ?1 AND e.tenant_id = t.id AND e.deleted_at IS NULL AND p.deleted_at IS NULL)
  ORDER BY t.id LIMIT ?3`;

const PROJECTS_OF_CLUSTER = `SELECT ${PROJECT_COLUMNS}
  FROM (SELECT DISTINCT p.* FROM environments e JOIN projects p ON p.id = e.project_id
    JOIN tenants t ON t.id = p.tenant_id
    WHERE e.cluster_id = ?1 AND e.deleted_at IS NULL AND p.deleted_at IS NULL AND t.deleted_at IS NULL AND p.id > ?2
    ORDER BY p.id LIMIT ?3) p
  JOIN tenants t ON t.id = p.tenant_id
  JOIN environments e ON e.project_id = p.id
  ORDER BY p.id`;

/** Upserts of the tenants that have something on a cluster, by id. */
export async function tenantsOfCluster(
  db: D1Database,
  clusterId: string,
  page: { afterId: string; limit: number },
  correlationId: string,
): Promise<Located[]> {
  const { results } = await db
    .prepare(TENANTS_OF_CLUSTER)
    .bind(clusterId, page.afterId, page.limit)
    .all<RawTenant>();
  return results.flatMap((row) => tenantDocuments(tenantFrom([row]) as TenantRow, [], correlationId));
}

/** Upserts of the projects that have something on a cluster, by id. */
export async function projectsOfCluster(
  db: D1Database,
  clusterId: string,
  page: { afterId: string; limit: number },
  correlationId: string,
): Promise<Located[]> {
  const { results } = await db
    .prepare(PROJECTS_OF_CLUSTER)
    .bind(clusterId, page.afterId, page.limit)
    .all<RawProject>();
  return projectsFrom(results)
    .flatMap((row) => projectDocuments(row, [], correlationId))
    .filter((located) => located.clusterId === clusterId);
}
