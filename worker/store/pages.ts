import { decodeCursor, encodeCursor } from "./cursor.ts";

export const MAX_PAGE_SIZE = 200;
export const DEFAULT_PAGE_SIZE = 50;

export type SortField = "name" | "createdAt" | "updatedAt";

/** What a list of catalogue objects can be asked for. */
export interface PageQuery {
  limit: number;
  cursor?: string | undefined;
  sort: SortField;
  order: "asc" | "desc";
  /** Prefix of the name. */
  name?: string | undefined;
  labels: Record<string, string>;
  /** Only deleted ones, else only those that are not. */
  deleted: boolean;
}

export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

const COLUMNS: Record<SortField, string> = { name: "name", createdAt: "created_at", updatedAt: "updated_at" };

/** Past every name that starts with a prefix: '{' sorts right after 'z'. */
const PAST_NAMES = "{";

/** Rows that a reader may see: those whose column has one of the ids. */
export interface Shown {
  column: string;
  ids: readonly string[];
}

export interface PageSql {
  /** ` AND … ORDER BY … LIMIT ?`, to follow a WHERE clause. */
  sql: string;
  values: unknown[];
}

/**
 * The part of a list's SQL that pages, filters and sorts. Rows come by (sort field, id), which no two rows share, so
 * that a page begins exactly after the last one whatever was written in between.
 */
export function pageSql(alias: string, query: PageQuery, shown: Shown[] | "all" = "all"): PageSql {
  const column = `${alias}.${COLUMNS[query.sort]}`;
  const parts: string[] = [`${alias}.deleted_at IS ${query.deleted ? "NOT " : ""}NULL`];
  const values: unknown[] = [];
  if (shown !== "all") {
    const each = shown.map(({ column }) => `${alias}.${column} IN (SELECT value FROM json_each(?))`);
    parts.push(`(${each.join(" OR ")})`);
    values.push(...shown.map(({ ids }) => JSON.stringify(ids)));
  }
  if (query.name) {
    parts.push(`${alias}.name >= ? AND ${alias}.name < ?`);
    values.push(query.name, query.name + PAST_NAMES);
  }
  for (const [key, value] of Object.entries(query.labels)) {
    parts.push(`json_extract(${alias}.labels, ?) = ?`);
    values.push(`$."${key}"`, value);
  }
  if (query.cursor !== undefined) {
    const after = decodeCursor(query.cursor, query.sort, query.order);
    parts.push(`(${column}, ${alias}.id) ${query.order === "asc" ? ">" : "<"} (?, ?)`);
    values.push(after.value, after.id);
  }
  const direction = query.order.toUpperCase();
  values.push(query.limit + 1);
  return {
    sql: ` AND ${parts.join(" AND ")} ORDER BY ${column} ${direction}, ${alias}.id ${direction} LIMIT ?`,
    values,
  };
}

/** Rows of one more than a page, cut to the page. */
export function toPage<T extends { id: string } & Record<SortField, string | number>>(
  rows: T[],
  query: PageQuery,
): Page<T> {
  const items = rows.slice(0, query.limit);
  const last = items.at(-1);
  const more = rows.length > query.limit && last !== undefined;
  return {
    items,
    nextCursor: more ? encodeCursor(query.sort, query.order, last[query.sort], last.id) : null,
  };
}
