import type { Visible } from "../../domain/access/index.ts";
import type { EnvironmentState } from "../../protocol/events/states.ts";
import { insertOwned, updateOwned } from "./owned.ts";
import { type Page, type PageQuery, pageSql, type Shown, toPage } from "./pages.ts";
import { type Environment, environmentColumns, type Found, foundIn, projectColumns } from "./paths.ts";
import type { Row } from "./rows.ts";
import { environments } from "./schema/index.ts";
import type { TenantPath, TenantScope } from "./scope.ts";
import { tenantColumns } from "./tenants.ts";

export type { Environment } from "./paths.ts";

/** An environment with the cluster that it is placed on. */
export interface PlacedEnvironment extends Environment {
  clusterName: string | null;
  clusterMode: "manage" | "read-only" | null;
}

export const PLACED_COLUMNS = `${environmentColumns.columns}, c.name AS cluster_name, c.mode AS cluster_mode`;
export const JOIN_CLUSTER = "LEFT JOIN clusters c ON c.id = e.cluster_id";

export function placedFrom(row: Row): PlacedEnvironment | undefined {
  const environment = environmentColumns.decode(row);
  return (
    environment && {
      ...environment,
      clusterName: row.cluster_name as string | null,
      clusterMode: row.cluster_mode as PlacedEnvironment["clusterMode"],
    }
  );
}

export interface FoundEnvironment extends Found {
  environment?: PlacedEnvironment | undefined;
  /** Environments of the project that are not deleted, and the highest of their positions. */
  siblings: number;
  lastPosition: number | null;
  /** Releases in this environment that are not deleted. */
  liveReleases: number;
}

/** One environment by its names, and what a change of it must know of the others. */
export const findEnvironment = (
  path: TenantPath,
  project: string,
  environment: string,
): D1PreparedStatement =>
  path.db
    .prepare(
      `SELECT ${tenantColumns.columns}, ${projectColumns.columns}, ${PLACED_COLUMNS},
         (SELECT COUNT(*) FROM environments s WHERE s.project_id = p.id AND s.deleted_at IS NULL) AS siblings,
         (SELECT MAX(s.position) FROM environments s WHERE s.project_id = p.id AND s.deleted_at IS NULL) AS last_position,
         (SELECT COUNT(*) FROM releases l WHERE l.environment_id = e.id AND l.deleted_at IS NULL) AS live_releases
       FROM tenants t LEFT JOIN projects p ON p.tenant_id = t.id AND p.name = ?2
       LEFT JOIN environments e ON e.project_id = p.id AND e.name = ?3 ${JOIN_CLUSTER} WHERE t.name = ?1`,
    )
    .bind(path.tenant, project, environment);

export const foundEnvironment = (row: Row | undefined): FoundEnvironment => ({
  ...foundIn(row),
  environment: row && placedFrom(row),
  siblings: (row?.siblings as number | undefined) ?? 0,
  lastPosition: (row?.last_position as number | null | undefined) ?? null,
  liveReleases: (row?.live_releases as number | undefined) ?? 0,
});

const shownEnvironments = (visible: Visible): Shown[] | "all" =>
  visible === "all"
    ? "all"
    : [
        { column: "tenant_id", ids: visible.tenantIds },
        { column: "project_id", ids: visible.projectIds },
        { column: "id", ids: visible.environmentIds },
      ];

export function listEnvironments(
  path: TenantPath,
  project: string,
  query: PageQuery,
  visible: Visible,
): D1PreparedStatement {
  const page = pageSql("e", query, shownEnvironments(visible));
  return path.db
    .prepare(
      `SELECT ${PLACED_COLUMNS} FROM environments e ${JOIN_CLUSTER}
       WHERE e.project_id = (SELECT p.id FROM projects p JOIN tenants t ON t.id = p.tenant_id
         WHERE t.name = ? AND p.name = ?)${page.sql}`,
    )
    .bind(path.tenant, project, ...page.values);
}

export const environmentPage = (rows: Row[], query: PageQuery): Page<PlacedEnvironment> =>
  toPage(
    rows.flatMap((row) => placedFrom(row) ?? []),
    query,
  );

export const insertEnvironment = (scope: TenantScope, environment: Environment): D1PreparedStatement =>
  insertOwned(scope, environments, environment);

export const updateEnvironment = (
  scope: TenantScope,
  environment: Environment,
  changes: Partial<Environment>,
): D1PreparedStatement[] => updateOwned(scope, environments, environment, changes);

/** What events say of an environment. */
export const environmentState = (environment: Environment): EnvironmentState => ({
  id: environment.id,
  name: environment.name,
  displayName: environment.displayName,
  labels: environment.labels,
  version: environment.version,
  projectId: environment.projectId,
  position: environment.position,
  namespace: environment.namespace,
  adopted: environment.adopted,
  delivery: environment.delivery,
  autoDeploy: environment.autoDeploy,
  clusterId: environment.clusterId,
});
