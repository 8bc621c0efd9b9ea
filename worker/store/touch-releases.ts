import type { TenantScope } from "./scope.ts";

/** Releases of an environment or of an app get a newer desired document: they go, come back, or move. */

const TOUCH = "UPDATE releases SET desired_revision = desired_revision + 1, correlation_id = ?";
const WHERE = "tenant_id = ? AND deleted_at IS NULL";

export const touchReleasesOfEnvironment = (
  scope: TenantScope,
  environmentId: string,
  correlationId: string,
): D1PreparedStatement =>
  scope.db
    .prepare(`${TOUCH} WHERE environment_id = ? AND ${WHERE}`)
    .bind(correlationId, environmentId, scope.tenantId);

export const touchReleasesOfApp = (
  scope: TenantScope,
  appId: string,
  correlationId: string,
): D1PreparedStatement =>
  scope.db.prepare(`${TOUCH} WHERE app_id = ? AND ${WHERE}`).bind(correlationId, appId, scope.tenantId);

/** The same where the environment goes to another cluster: what the former one said counts no more. */
export const moveReleasesOfEnvironment = (
  scope: TenantScope,
  environmentId: string,
  correlationId: string,
): D1PreparedStatement =>
  scope.db
    .prepare(
      `${TOUCH}, phase = 'Pending', message = NULL, status = NULL, status_at = NULL, observed_revision = 0, status_cluster_id = NULL,
         status_seq = 0, status_epoch = 0 WHERE environment_id = ? AND ${WHERE}`,
    )
    .bind(correlationId, environmentId, scope.tenantId);
