import { JOIN_CLUSTER, PLACED_COLUMNS, type PlacedEnvironment, placedFrom } from "./environments.ts";
import type { EventOf } from "./events.ts";
import { insertOwned, updateOwned } from "./owned.ts";
import { environmentColumns } from "./paths.ts";
import { type Row, selection } from "./rows.ts";
import { deployments, releases } from "./schema/index.ts";
import type { TenantPath, TenantScope } from "./scope.ts";

export type Release = typeof releases.$inferSelect;
export type Deployment = typeof deployments.$inferSelect;

const releaseColumns = selection(releases, "l");
/** Without the nodes of each: they are for whoever looks at one release. */
const summaryColumns = selection(releases, "l", ["status"]);

/** One environment of an app's project, and the app's release there. */
export interface EnvironmentRelease {
  environment: PlacedEnvironment;
  release: Release | undefined;
  /** Number of the release's revision. */
  revisionNumber: number | undefined;
}

/** Environments of a project in their order, with an app's releases; one of them where `environment` is given. */
export const findReleases = (
  path: TenantPath,
  names: { project: string; app: string; environment?: string },
): D1PreparedStatement =>
  path.db
    .prepare(
      `SELECT ${PLACED_COLUMNS}, ${(names.environment === undefined ? summaryColumns : releaseColumns).columns}, v.number AS revision_number
       FROM tenants t JOIN projects p ON p.tenant_id = t.id AND p.name = ?2
       JOIN environments e ON e.project_id = p.id ${JOIN_CLUSTER}
       LEFT JOIN apps a ON a.project_id = p.id AND a.name = ?3
       LEFT JOIN releases l ON l.app_id = a.id AND l.environment_id = e.id AND l.deleted_at IS NULL
       LEFT JOIN revisions v ON v.id = l.revision_id
       WHERE t.name = ?1 AND e.deleted_at IS NULL${names.environment === undefined ? "" : " AND e.name = ?4"}
       ORDER BY e.position, e.name`,
    )
    .bind(
      path.tenant,
      names.project,
      names.app,
      ...(names.environment === undefined ? [] : [names.environment]),
    );

export const releasesOf = (rows: Row[] | undefined): EnvironmentRelease[] =>
  (rows ?? []).flatMap((row) => {
    const environment = placedFrom(row);
    if (!environment) return [];
    const revisionNumber = (row.revision_number as number | null) ?? undefined;
    return [{ environment, release: releaseColumns.decode(row), revisionNumber }];
  });

/**
 * Environments of project ?2 of tenant ?1 that are not deleted, each with the release of app ?3 there, as one text.
 *
 * @param more columns behind it
 */
export const RELEASES_OF_APP = (more: string[]): string =>
  `${[`json_array(${environmentColumns.json}, c.name, c.mode, ${summaryColumns.json}, v.number)`, ...more].join(", ")}
   FROM tenants t JOIN projects p ON p.tenant_id = t.id AND p.name = ?2
   JOIN environments e ON e.project_id = p.id ${JOIN_CLUSTER}
   LEFT JOIN apps a ON a.project_id = p.id AND a.name = ?3
   LEFT JOIN releases l ON l.app_id = a.id AND l.environment_id = e.id AND l.deleted_at IS NULL
   LEFT JOIN revisions v ON v.id = l.revision_id
   WHERE t.name = ?1 AND e.deleted_at IS NULL`;

type ReleaseValues = [unknown[], string | null, PlacedEnvironment["clusterMode"], unknown[], number | null];

/** In the order of the environments, which a UNION does not keep. */
export const releasesInJson = (texts: string[]): EnvironmentRelease[] =>
  (JSON.parse(`[${texts.join(",")}]`) as ReleaseValues[])
    .flatMap(([environment, clusterName, clusterMode, release, number]) => {
      const row = environmentColumns.fromJson(environment);
      if (!row) return [];
      return [
        {
          environment: { ...row, clusterName, clusterMode },
          release: summaryColumns.fromJson(release),
          revisionNumber: number ?? undefined,
        },
      ];
    })
    .sort(({ environment: a }, { environment: b }) => a.position - b.position || (a.name < b.name ? -1 : 1));

/** A deployment with the number of its revision. */
export interface DeploymentEntry {
  id: string;
  revisionId: string;
  revisionNumber: number;
  action: Deployment["action"];
  actor: string;
  correlationId: string;
  createdAt: number;
}

/** Deployments that a rollback looks back on. */
export const MAX_HISTORY = 200;

/** Deployments of an app in an environment, newest first: in the order of their commits, which their ids may not have. */
export const findDeployments = (
  path: TenantPath,
  names: { project: string; app: string; environment: string },
  limit: number,
): D1PreparedStatement =>
  path.db
    .prepare(
      `SELECT d.id, d.revision_id, v.number, d.action, d.actor, d.correlation_id, d.created_at
       FROM tenants t JOIN projects p ON p.tenant_id = t.id AND p.name = ?2
       JOIN environments e ON e.project_id = p.id AND e.name = ?4
       JOIN apps a ON a.project_id = p.id AND a.name = ?3
       JOIN releases l ON l.app_id = a.id AND l.environment_id = e.id
       JOIN deployments d ON d.release_id = l.id JOIN revisions v ON v.id = d.revision_id
       WHERE t.name = ?1 ORDER BY d.rowid DESC LIMIT ?5`,
    )
    .bind(path.tenant, names.project, names.app, names.environment, limit);

export const deploymentsOf = (rows: Row[] | undefined): DeploymentEntry[] =>
  (rows ?? []).map((row) => ({
    id: row.id as string,
    revisionId: row.revision_id as string,
    revisionNumber: row.number as number,
    action: row.action as Deployment["action"],
    actor: row.actor as string,
    correlationId: row.correlation_id as string,
    createdAt: row.created_at as number,
  }));

export const insertRelease = (scope: TenantScope, release: Release): D1PreparedStatement =>
  insertOwned(scope, releases, release);

/** Guarded; the desired document grows a revision. */
export const updateRelease = (
  scope: TenantScope,
  release: Release,
  changes: Partial<Release>,
): D1PreparedStatement[] => updateOwned(scope, releases, release, changes, ["desired_revision"]);

export const insertDeployment = (
  scope: TenantScope,
  deployment: Omit<Deployment, "tenantId">,
): D1PreparedStatement => insertOwned(scope, deployments, deployment);

export type DeployEvent = EventOf<"evt.deploy.requested"> | EventOf<"evt.deploy.rolled-back">;
