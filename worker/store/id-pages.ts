import { KubeNovaError } from "../../domain/errors/index.ts";
import { type IdKind, isId } from "../../domain/ids/index.ts";
import type { Page, PageSql } from "./pages.ts";

/** A page of a list in the order of its ids, which is that of their making; its cursor is the last id. */
export interface IdPageQuery {
  limit: number;
  cursor?: string | undefined;
}

/** ` AND … ORDER BY … LIMIT ?`, to follow a WHERE clause. @throws KubeNovaError KN-1006 */
export function idPageSql(column: string, kind: IdKind, { limit, cursor }: IdPageQuery): PageSql {
  if (cursor !== undefined && !isId(kind, cursor)) throw new KubeNovaError("KN-1006");
  const after = cursor === undefined ? "" : ` AND ${column} > ?`;
  return {
    sql: `${after} ORDER BY ${column} LIMIT ?`,
    values: [...(cursor === undefined ? [] : [cursor]), limit + 1],
  };
}

/** Rows of one more than a page, cut to the page. */
export function toIdPage<T>(rows: T[], { limit }: IdPageQuery, idOf: (row: T) => string): Page<T> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: rows.length > limit && last !== undefined ? idOf(last) : null };
}
