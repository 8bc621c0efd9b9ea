import type { Visible } from "../../domain/access/index.ts";
import type { ProjectState } from "../../protocol/events/states.ts";
import { insertOwned, updateOwned } from "./owned.ts";
import { type Page, type PageQuery, pageSql, toPage } from "./pages.ts";
import { type Project, projectColumns } from "./paths.ts";
import type { Row } from "./rows.ts";
import { projects } from "./schema/index.ts";
import type { TenantPath, TenantScope } from "./scope.ts";

export type { Project } from "./paths.ts";

export function listProjects(path: TenantPath, query: PageQuery, visible: Visible): D1PreparedStatement {
  const page = pageSql(
    "p",
    query,
    visible === "all"
      ? "all"
      : [
          { column: "tenant_id", ids: visible.tenantIds },
          { column: "id", ids: visible.projectIds },
        ],
  );
  return path.db
    .prepare(
      `SELECT ${projectColumns.columns} FROM projects p
       WHERE p.tenant_id = (SELECT id FROM tenants WHERE name = ?)${page.sql}`,
    )
    .bind(path.tenant, ...page.values);
}

export const projectPage = (rows: Row[], query: PageQuery): Page<Project> =>
  toPage(
    rows.flatMap((row) => projectColumns.decode(row) ?? []),
    query,
  );

export const insertProject = (scope: TenantScope, project: Project): D1PreparedStatement =>
  insertOwned(scope, projects, project);

export const updateProject = (
  scope: TenantScope,
  project: Project,
  changes: Partial<Project>,
): D1PreparedStatement[] => updateOwned(scope, projects, project, changes);

/** The project's desired document grows a revision: something of it, or of its environments, has changed. */
export const touchProject = (scope: TenantScope, projectId: string): D1PreparedStatement =>
  scope.db
    .prepare("UPDATE projects SET desired_revision = desired_revision + 1 WHERE id = ? AND tenant_id = ?")
    .bind(projectId, scope.tenantId);

/** The project's desired document and those of all its releases grow a revision: they go, or come back. */
export const touchDesiredOfProject = (
  scope: TenantScope,
  projectId: string,
  correlationId: string,
): D1PreparedStatement[] => [
  touchProject(scope, projectId),
  scope.db
    .prepare(
      `UPDATE releases SET desired_revision = desired_revision + 1, correlation_id = ?
       WHERE tenant_id = ? AND project_id = ? AND deleted_at IS NULL`,
    )
    .bind(correlationId, scope.tenantId, projectId),
];

/** What events say of a project. */
export const projectState = ({ id, name, displayName, labels, version }: Project): ProjectState => ({
  id,
  name,
  displayName,
  labels,
  version,
});
