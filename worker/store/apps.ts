import type { AppState } from "../../protocol/events/states.ts";
import { insertOwned, updateOwned } from "./owned.ts";
import { type Page, type PageQuery, pageSql, toPage } from "./pages.ts";
import { type App, appColumns, type Found, FROM_PROJECT, foundIn, projectColumns } from "./paths.ts";
import type { Row } from "./rows.ts";
import { apps } from "./schema/index.ts";
import type { TenantPath, TenantScope } from "./scope.ts";
import { tenantColumns } from "./tenants.ts";

export type { App } from "./paths.ts";

const PATH_COLUMNS = `${tenantColumns.columns}, ${projectColumns.columns}, ${appColumns.columns}`;
const JOIN_APP = "LEFT JOIN apps a ON a.project_id = p.id AND a.name = ?3";

/** An app and the content of its newest revision. */
export interface FoundSpec extends Found {
  /** Canonical JSON. */
  spec: string | null;
  digest: string | null;
}

export const findAppWithSpec = (path: TenantPath, project: string, app: string): D1PreparedStatement =>
  path.db
    .prepare(
      `SELECT ${PATH_COLUMNS}, v.spec AS current_spec, v.digest AS current_digest ${FROM_PROJECT} ${JOIN_APP}
       LEFT JOIN revisions v ON v.id = a.revision_id WHERE t.name = ?1`,
    )
    .bind(path.tenant, project, app);

export const foundSpec = (row: Row | undefined): FoundSpec => ({
  ...foundIn(row),
  spec: (row?.current_spec as string | null | undefined) ?? null,
  digest: (row?.current_digest as string | null | undefined) ?? null,
});

/** An app and what a new content of it must know. */
export interface FoundForWrite extends Found {
  /** The app's revision with this very content. */
  same: { id: string; number: number } | null;
  /** Number of the app's newest revision; 0 where it has none. */
  lastNumber: number;
}

export const findAppForWrite = (
  path: TenantPath,
  project: string,
  app: string,
  digest: string,
): D1PreparedStatement =>
  path.db
    .prepare(
      `SELECT ${PATH_COLUMNS}, v.id AS same_id, v.number AS same_number,
         (SELECT MAX(n.number) FROM revisions n WHERE n.app_id = a.id) AS last_number
       ${FROM_PROJECT} ${JOIN_APP} LEFT JOIN revisions v ON v.app_id = a.id AND v.digest = ?4 WHERE t.name = ?1`,
    )
    .bind(path.tenant, project, app, digest);

export const foundForWrite = (row: Row | undefined): FoundForWrite => ({
  ...foundIn(row),
  same: row?.same_id ? { id: row.same_id as string, number: row.same_number as number } : null,
  lastNumber: (row?.last_number as number | null | undefined) ?? 0,
});

export function listApps(path: TenantPath, project: string, query: PageQuery): D1PreparedStatement {
  const page = pageSql("a", query);
  return path.db
    .prepare(
      `SELECT ${appColumns.columns} FROM apps a WHERE a.project_id = (SELECT p.id FROM projects p
         JOIN tenants t ON t.id = p.tenant_id WHERE t.name = ? AND p.name = ?)${page.sql}`,
    )
    .bind(path.tenant, project, ...page.values);
}

export const appPage = (rows: Row[], query: PageQuery): Page<App> =>
  toPage(
    rows.flatMap((row) => appColumns.decode(row) ?? []),
    query,
  );

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
