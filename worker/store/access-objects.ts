import type { AccessObject } from "../../domain/access/index.ts";
import type { Row } from "./rows.ts";

/** Names of what a question about rights is about; each needs those before it, the cluster stands alone. */
export interface ObjectNames {
  tenant?: string | undefined;
  project?: string | undefined;
  environment?: string | undefined;
  cluster?: string | undefined;
}

/** One row with the ids of what is named, NULL for what is not there. */
export const findAccessObject = (db: D1Database, names: ObjectNames): D1PreparedStatement =>
  db
    .prepare(
      `SELECT t.id AS tenantId, p.id AS projectId, e.id AS environmentId, c.id AS clusterId,
          o.id AS ownerId
        FROM (SELECT 1) LEFT JOIN tenants t ON t.name = ?1 LEFT JOIN projects p ON p.tenant_id = t.id AND p.name = ?2
        LEFT JOIN environments e ON e.project_id = p.id AND e.name = ?3 LEFT JOIN clusters c ON c.name = ?4
        LEFT JOIN tenants o ON o.id = c.owner_tenant_id`,
    )
    .bind(names.tenant ?? null, names.project ?? null, names.environment ?? null, names.cluster ?? null);

/** What was found, each with the ids of all that it is in; undefined for what is not there. */
export interface FoundObjects {
  tenant?: AccessObject | undefined;
  project?: AccessObject | undefined;
  environment?: AccessObject | undefined;
  cluster?: AccessObject | undefined;
}

export function foundObjects(row: Row | undefined): FoundObjects {
  const { tenantId, projectId, environmentId, clusterId, ownerId } = (row ?? {}) as Record<string, string>;
  return {
    tenant: tenantId ? { tenantId } : undefined,
    project: projectId ? { tenantId, projectId } : undefined,
    environment: environmentId ? { tenantId, projectId, environmentId } : undefined,
    cluster: clusterId ? { clusterId, ...(ownerId ? { tenantId: ownerId } : {}) } : undefined,
  };
}
