import { type Row, selection } from "./rows.ts";
import { apps, environments, projects } from "./schema/index.ts";
import type { TenantPath } from "./scope.ts";
import { type Tenant, tenantColumns } from "./tenants.ts";

/** Lookups by the names of a URL: one statement, one row, in which each object is there or not. */

export type Project = typeof projects.$inferSelect;
export type Environment = typeof environments.$inferSelect;
export type App = typeof apps.$inferSelect;

export const projectColumns = selection(projects, "p");
export const environmentColumns = selection(environments, "e");
export const appColumns = selection(apps, "a");

/** What a URL names. */
export interface Found {
  tenant?: Tenant | undefined;
  project?: Project | undefined;
  environment?: Environment | undefined;
  app?: App | undefined;
}

const TENANT = `${tenantColumns.columns}`;
const TENANT_PROJECT = `${TENANT}, ${projectColumns.columns}`;
export const FROM_PROJECT = "FROM tenants t LEFT JOIN projects p ON p.tenant_id = t.id AND p.name = ?2";

export const findTenantPath = (path: TenantPath): D1PreparedStatement =>
  path.db.prepare(`SELECT ${TENANT} FROM tenants t WHERE t.name = ?1`).bind(path.tenant);

export const findProjectPath = (path: TenantPath, project: string): D1PreparedStatement =>
  path.db.prepare(`SELECT ${TENANT_PROJECT} ${FROM_PROJECT} WHERE t.name = ?1`).bind(path.tenant, project);

export const findAppPath = (path: TenantPath, project: string, app: string): D1PreparedStatement =>
  path.db
    .prepare(
      `SELECT ${TENANT_PROJECT}, ${appColumns.columns} ${FROM_PROJECT}
       LEFT JOIN apps a ON a.project_id = p.id AND a.name = ?3 WHERE t.name = ?1`,
    )
    .bind(path.tenant, project, app);

/** The same of `json_array(tenant, project, app)`, each of them by {@link Selection.json}. */
export function foundInJson(place: string | undefined): Found {
  if (place === undefined) return {};
  const [tenant, project, app] = JSON.parse(place) as unknown[][];
  return {
    tenant: tenantColumns.fromJson(tenant ?? []),
    project: projectColumns.fromJson(project ?? []),
    app: appColumns.fromJson(app ?? []),
  };
}

export const foundIn = (row: Row | undefined): Found =>
  row
    ? {
        tenant: tenantColumns.decode(row),
        project: projectColumns.decode(row),
        environment: environmentColumns.decode(row),
        app: appColumns.decode(row),
      }
    : {};
