import type { IdPageQuery } from "../../store/id-pages.ts";
import { DEFAULT_PAGE_SIZE } from "../../store/pages.ts";
import { cursorSchema, limitSchema } from "./paging.ts";

/** Query fields of a list in the order of its ids. */
export const idPageFields = { limit: limitSchema, cursor: cursorSchema };

export const idPageOf = (query: {
  limit?: string | undefined;
  cursor?: string | undefined;
}): IdPageQuery => ({
  limit: query.limit ? Number(query.limit) : DEFAULT_PAGE_SIZE,
  cursor: query.cursor,
});
