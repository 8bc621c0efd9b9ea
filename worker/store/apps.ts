import type { AppState } from "../../protocol/events/states.ts";
import { insertOwned, updateOwned } from "./owned.ts";
import { type Page, type PageQuery, pageSql, toPage } from "./pages.ts";
import { type App, appColumns, type Found, FROM_PROJECT, foundInJson, projectColumns } from "./paths.ts";
import type { Row } from "./rows.ts";
import { apps } from "./schema/index.ts";
import type { TenantPath, TenantScope } from "./scope.ts";
import { tenantColumns } from "./tenants.ts";

export type { App } from "./paths.ts";

/** Lists are read row by row, so that no text grows beyond what the database takes. */
export function listApps(path: TenantPath, project: string, query: PageQuery): D1PreparedStatement {
  const page = pageSql("a", query);
  return path.db
    .prepare(
      `SELECT json_array(${tenantColumns.json}, ${projectColumns.json}) AS place, NULL AS app
         ${FROM_PROJECT} WHERE t.name = ?1
       UNION ALL SELECT NULL, app FROM (SELECT ${appColumns.json} AS app FROM apps a
         WHERE a.project_id = (SELECT p.id FROM projects p JOIN tenants t ON t.id = p.tenant_id
           WHERE t.name = ?1 AND p.name = ?2)${page.sql})`,
    )
    .bind(path.tenant, project, ...page.values);
}

/** A project, and a page of its apps. */
export function foundApps(rows: Row[], query: PageQuery): { found: Found; page: Page<App> } {
  const place = rows.find((row) => row.place !== null)?.place as string | undefined;
  const apps = rows.flatMap((row) => (row.app === null ? [] : [row.app as string]));
  const decoded = (JSON.parse(`[${apps.join(",")}]`) as unknown[][]).flatMap(
    (values) => appColumns.fromJson(values) ?? [],
  );
  return { found: foundInJson(place), page: toPage(decoded, query) };
}

export const insertApp = (scope: TenantScope, app: App): D1PreparedStatement => insertOwned(scope, apps, app);

export const updateApp = (scope: TenantScope, app: App, changes: Partial<App>): D1PreparedStatement[] =>
  updateOwned(scope, apps, app, changes);

/** What events say of an app. */
export const appState = (app: App): AppState => ({
  id: app.id,
  name: app.name,
  displayName: app.displayName,
  labels: app.labels,
  version: app.version,
  projectId: app.projectId,
  revisionId: app.revisionId,
  revisionNumber: app.revisionNumber,
});
