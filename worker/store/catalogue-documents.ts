import type { EnvironmentRow, ProjectRow, TenantRow } from "../../domain/desired/placement.ts";
import type { Placement } from "./schema/index.ts";

/** Documents of tenants and projects from current rows. */

/** Projects that are read at a time: a tenant's deletion may touch thousands. */
const PROJECT_PAGE = 100;

export interface RawTenant {
  id: string;
  name: string;
  display_name: string | null;
  desired_revision: number;
  alive: number;
  cluster_id: string | null;
  placed: number | null;
}

const TENANTS = `SELECT t.id, t.name, t.display_name, t.desired_revision, t.deleted_at IS NULL AS alive, e.cluster_id,
    MAX(e.deleted_at IS NULL AND p.deleted_at IS NULL) AS placed
  FROM tenants t
  LEFT JOIN environments e ON e.tenant_id = t.id AND e.cluster_id IS NOT NULL
  LEFT JOIN projects p ON p.id = e.project_id
  WHERE t.id = ? GROUP BY t.id, e.cluster_id`;

export async function readTenant(db: D1Database, id: string): Promise<TenantRow | undefined> {
  const { results } = await db.prepare(TENANTS).bind(id).all<RawTenant>();
  return tenantFrom(results);
}

export function tenantFrom(rows: RawTenant[]): TenantRow | undefined {
  const [first] = rows;
  if (!first) return undefined;
  return {
    id: first.id,
    name: first.name,
    displayName: first.display_name,
    revision: first.desired_revision,
    alive: first.alive === 1,
    clusters: rows.flatMap((row) =>
      row.cluster_id ? [{ clusterId: row.cluster_id, placed: row.placed === 1 }] : [],
    ),
  };
}

export interface RawProject {
  id: string;
  name: string;
  desired_revision: number;
  alive: number;
  tenant_id: string;
  tenant_name: string;
  tenant_display_name: string | null;
  environment_id: string | null;
  environment_name: string;
  namespace: string;
  adopted: number;
  environment_alive: number;
  cluster_id: string | null;
  placements: string;
}

export const PROJECT_COLUMNS = `p.id, p.name, p.desired_revision, p.deleted_at IS NULL AND t.deleted_at IS NULL AS alive,
  t.id AS tenant_id, t.name AS tenant_name, t.display_name AS tenant_display_name,
  e.id AS environment_id, e.name AS environment_name, e.namespace, e.adopted,
  e.deleted_at IS NULL AS environment_alive, e.cluster_id, e.placements`;

const PROJECTS = (column: "id" | "tenant_id"): string => `SELECT ${PROJECT_COLUMNS}
  FROM (SELECT * FROM projects WHERE ${column} = ?1 AND id > ?2 ORDER BY id LIMIT ${PROJECT_PAGE}) p
  JOIN tenants t ON t.id = p.tenant_id
  LEFT JOIN environments e ON e.project_id = p.id
  ORDER BY p.id`;

/** Projects by id or by tenant, in pages. */
export async function* readProjects(
  db: D1Database,
  scope: { by: "project" | "tenant"; id: string },
): AsyncGenerator<ProjectRow[]> {
  const statement = db.prepare(PROJECTS(scope.by === "project" ? "id" : "tenant_id"));
  for (let after = ""; ; ) {
    const { results } = await statement.bind(scope.id, after).all<RawProject>();
    const projects = projectsFrom(results);
    if (projects.length > 0) yield projects;
    const last = projects.at(-1);
    if (scope.by === "project" || projects.length < PROJECT_PAGE || !last) return;
    after = last.id;
  }
}

export function projectsFrom(rows: RawProject[]): ProjectRow[] {
  const projects = new Map<string, ProjectRow>();
  for (const row of rows) {
    let project = projects.get(row.id);
    if (!project) {
      project = {
        id: row.id,
        name: row.name,
        revision: row.desired_revision,
        alive: row.alive === 1,
        tenant: { id: row.tenant_id, name: row.tenant_name, displayName: row.tenant_display_name },
        environments: [],
      };
      projects.set(row.id, project);
    }
    if (row.environment_id) project.environments.push(environmentFrom(row, row.environment_id));
  }
  return [...projects.values()];
}

const environmentFrom = (row: RawProject, id: string): EnvironmentRow => ({
  id,
  name: row.environment_name,
  namespace: row.namespace,
  adopted: row.adopted === 1,
  alive: row.environment_alive === 1,
  clusterId: row.cluster_id,
  history: historyOf(row.placements),
});

/** Ids of the clusters in a stored list of placements. */
export const historyOf = (placements: string): string[] => [
  ...new Set(
    (JSON.parse(placements) as Placement[]).flatMap(({ clusterId }) => (clusterId ? [clusterId] : [])),
  ),
];

/** Every cluster that an environment was ever placed on. */
export async function readEnvironmentHistory(db: D1Database, environmentId: string): Promise<string[]> {
  const row = await db
    .prepare("SELECT placements FROM environments WHERE id = ?")
    .bind(environmentId)
    .first<{ placements: string }>();
  return row ? historyOf(row.placements) : [];
}
