import { type App, appColumns, type Found, FROM_PROJECT, foundInJson, projectColumns } from "./paths.ts";
import { type EnvironmentRelease, RELEASES_OF_APP, releasesInJson } from "./releases.ts";
import type { Row } from "./rows.ts";
import type { TenantPath } from "./scope.ts";
import { tenantColumns } from "./tenants.ts";

/**
 * Everything that a request must know of one app, in one statement: its path and itself in the first row, then a row
 * for each environment of its project with its release there. A second statement costs a third of a round trip.
 */

/** An app by its names, and its project's environments in their order. */
export interface FoundApp extends Found {
  app?: App | undefined;
  environments: EnvironmentRelease[];
}

interface AppNames {
  project: string;
  app: string;
}

const PLACE = `json_array(${tenantColumns.json}, ${projectColumns.json}, ${appColumns.json})`;
const FROM_APP = `${FROM_PROJECT} LEFT JOIN apps a ON a.project_id = p.id AND a.name = ?3`;

/** @param more columns of the first row, each with its name */
const readingOf = (more: Record<string, string>, join: string): string => {
  const names = Object.keys(more);
  return `SELECT ${PLACE} AS place, NULL AS release, ${names.map((name) => `${more[name]} AS ${name}`).join(", ")}
      ${FROM_APP} ${join} WHERE t.name = ?1
    UNION ALL SELECT NULL, ${RELEASES_OF_APP(names.map(() => "NULL"))}`;
};

const CONTENT = "LEFT JOIN revisions v ON v.id = a.revision_id";
const WITH_SPEC = readingOf({ spec: "v.spec" }, CONTENT);

/** Newest revisions of an app that a change of some fields knows beforehand; see {@link FoundForPatch}. */
const RECENT_REVISIONS = 50;
const FOR_PATCH = readingOf(
  {
    spec: "v.spec",
    last_number: "(SELECT MAX(n.number) FROM revisions n WHERE n.app_id = a.id)",
    recent: `(SELECT json_group_array(json_array(n.id, n.number, n.digest)) FROM
      (SELECT * FROM revisions m WHERE m.app_id = a.id ORDER BY m.number DESC LIMIT ${RECENT_REVISIONS}) n)`,
  },
  CONTENT,
);

const FOR_WRITE = readingOf(
  {
    same_id: "v.id",
    same_number: "v.number",
    last_number: "(SELECT MAX(n.number) FROM revisions n WHERE n.app_id = a.id)",
  },
  "LEFT JOIN revisions v ON v.app_id = a.id AND v.digest = ?4",
);

const bind = (path: TenantPath, sql: string, { project, app }: AppNames, ...more: unknown[]) =>
  path.db.prepare(sql).bind(path.tenant, project, app, ...more);

const foundApp = (rows: Row[]): FoundApp => ({
  ...foundInJson(rows.find((row) => row.place !== null)?.place as string | undefined),
  environments: releasesInJson(rows.flatMap((row) => (row.release === null ? [] : [row.release as string]))),
});

/** An app and the content of its newest revision. */
export interface FoundSpec extends FoundApp {
  /** Canonical JSON. */
  spec: string | null;
}

export const findAppWithSpec = (path: TenantPath, names: AppNames): D1PreparedStatement =>
  bind(path, WITH_SPEC, names);

export const foundSpec = (rows: Row[] = []): FoundSpec => ({
  ...foundApp(rows),
  spec: firstOf(rows, "spec"),
});

/** A revision as a write refers to it. */
export interface RevisionRow {
  id: string;
  number: number;
}

/** An app and what a new content of it must know. */
export interface FoundForWrite extends FoundApp {
  /** The app's revision with this very content. */
  same: RevisionRow | null;
  /** Number of the app's newest revision; 0 where it has none. */
  lastNumber: number;
}

export const findAppForWrite = (path: TenantPath, names: AppNames, digest: string): D1PreparedStatement =>
  bind(path, FOR_WRITE, names, digest);

export function foundForWrite(rows: Row[] = []): FoundForWrite {
  const id = firstOf<string>(rows, "same_id");
  return {
    ...foundApp(rows),
    same: id === null ? null : { id, number: firstOf<number>(rows, "same_number") ?? 0 },
    lastNumber: firstOf(rows, "last_number") ?? 0,
  };
}

/** What a change of some fields must know, whose content is known only after it. */
export interface FoundForPatch extends FoundSpec {
  lastNumber: number;
  /** Newest revisions by their digest. One that is older and has the new content makes the commit fail, by a unique index. */
  recent: Map<string, RevisionRow>;
}

export const findAppForPatch = (path: TenantPath, names: AppNames): D1PreparedStatement =>
  bind(path, FOR_PATCH, names);

export function foundForPatch(rows: Row[] = []): FoundForPatch {
  const recent = JSON.parse(firstOf(rows, "recent") ?? "[]") as [string, number, string][];
  return {
    ...foundSpec(rows),
    lastNumber: firstOf(rows, "last_number") ?? 0,
    recent: new Map(recent.map(([id, number, digest]) => [digest, { id, number }])),
  };
}

const firstOf = <T>(rows: Row[], column: string): T | null =>
  (rows.find((row) => row.place !== null)?.[column] as T | null | undefined) ?? null;
