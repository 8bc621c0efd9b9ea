import { decodeCursor, encodeCursor } from "./cursor.ts";
import { insertOwned } from "./owned.ts";
import type { Page } from "./pages.ts";
import type { Row } from "./rows.ts";
import { revisions } from "./schema/index.ts";
import type { TenantPath, TenantScope } from "./scope.ts";

export type Revision = typeof revisions.$inferSelect;
/** A revision without its content, which may be 1 MiB. */
export type RevisionHead = Omit<Revision, "spec" | "tenantId" | "appId">;

const HEAD = "v.id, v.number, v.digest, v.created_at, v.created_by";
const OF_APP = `FROM revisions v JOIN apps a ON a.id = v.app_id JOIN projects p ON p.id = a.project_id
  JOIN tenants t ON t.id = p.tenant_id WHERE t.name = ? AND p.name = ? AND a.name = ?`;

/** A revision by its id or its number, or the app's newest one. */
export type RevisionRef = { id: string } | { number: number } | "latest";

export interface AppNames {
  project: string;
  app: string;
}

const refSql = (ref: RevisionRef): { sql: string; values: unknown[] } => {
  if (ref === "latest") return { sql: "AND v.id = a.revision_id", values: [] };
  return "id" in ref
    ? { sql: "AND v.id = ?", values: [ref.id] }
    : { sql: "AND v.number = ?", values: [ref.number] };
};

export function findRevision(
  path: TenantPath,
  names: AppNames,
  ref: RevisionRef,
  withSpec: boolean,
): D1PreparedStatement {
  const { sql, values } = refSql(ref);
  return path.db
    .prepare(`SELECT ${HEAD}${withSpec ? ", v.spec" : ""} ${OF_APP} ${sql}`)
    .bind(path.tenant, names.project, names.app, ...values);
}

export const revisionHeadOf = (row: Row): RevisionHead => ({
  id: row.id as string,
  number: row.number as number,
  digest: row.digest as string,
  createdAt: row.created_at as number,
  createdBy: row.created_by as string,
});

export interface RevisionQuery {
  limit: number;
  cursor?: string | undefined;
  order: "asc" | "desc";
}

/** Revisions of an app by their numbers. */
export function listRevisions(path: TenantPath, names: AppNames, query: RevisionQuery): D1PreparedStatement {
  const values: unknown[] = [path.tenant, names.project, names.app];
  let after = "";
  if (query.cursor !== undefined) {
    after = `AND v.number ${query.order === "asc" ? ">" : "<"} ?`;
    values.push(decodeCursor(query.cursor, "number", query.order).value);
  }
  return path.db
    .prepare(`SELECT ${HEAD} ${OF_APP} ${after} ORDER BY v.number ${query.order.toUpperCase()} LIMIT ?`)
    .bind(...values, query.limit + 1);
}

export function revisionPage(rows: Row[], query: RevisionQuery): Page<RevisionHead> {
  const items = rows.slice(0, query.limit).map(revisionHeadOf);
  const last = items.at(-1);
  const more = rows.length > query.limit && last !== undefined;
  return { items, nextCursor: more ? encodeCursor("number", query.order, last.number, last.id) : null };
}

export const insertRevision = (
  scope: TenantScope,
  revision: Omit<Revision, "tenantId">,
): D1PreparedStatement => insertOwned(scope, revisions, revision);
