import { z } from "zod";
import { documentAs } from "../../routing/json-schema.ts";
import { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, type PageQuery } from "../../store/pages.ts";

const LABEL_KEY = "([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?";
const LABEL_VALUE = "(([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9])?";
const LABEL_PAIR = `${LABEL_KEY}=${LABEL_VALUE}`;

/** `a=b,c=d` */
const labelSelectorSchema = z
  .string()
  .max(2048)
  .regex(new RegExp(`^${LABEL_PAIR}(,${LABEL_PAIR}){0,31}$`), "not a list of key=value, separated by commas");

export const limitSchema = z
  .string()
  .regex(/^([1-9][0-9]?|1[0-9]{2}|200)$/, `a number from 1 to ${MAX_PAGE_SIZE}`)
  .optional()
  .meta({
    description: `Objects a page, 1 to ${MAX_PAGE_SIZE}; ${DEFAULT_PAGE_SIZE} where absent.`,
    examples: ["20"],
  });

/** Any text may come: what is no cursor is told so by its own code. */
export const cursorSchema = documentAs(z.string(), z.string().regex(/^[A-Za-z0-9_-]{1,1024}$/))
  .optional()
  .meta({ description: "`nextCursor` of the page before; it belongs to its sort and order." });

/** Query of every list of catalogue objects. */
export const listQuerySchema = z
  .strictObject({
    limit: limitSchema,
    cursor: cursorSchema,
    sort: z
      .enum(["name", "createdAt", "updatedAt"])
      .optional()
      .meta({ examples: ["name"] }),
    order: z
      .enum(["asc", "desc"])
      .optional()
      .meta({ examples: ["asc"] }),
    name: z
      .string()
      .max(40)
      .regex(/^[a-z0-9-]*$/, "lower-case letters, digits and '-'")
      .optional()
      .meta({ description: "Only names that start so." }),
    labels: labelSelectorSchema
      .optional()
      .meta({ description: "Only objects with all of these labels: `tier=web,team=shop`." }),
    deleted: z
      .enum(["true", "false"])
      .optional()
      .meta({ description: "`true`: only deleted ones, which can be restored." }),
  })
  .transform(
    (query): PageQuery => ({
      limit: query.limit ? Number(query.limit) : DEFAULT_PAGE_SIZE,
      cursor: query.cursor,
      sort: query.sort ?? "name",
      order: query.order ?? "asc",
      name: query.name,
      labels: query.labels
        ? Object.fromEntries(query.labels.split(",").map((pair) => pair.split("=") as [string, string]))
        : {},
      deleted: query.deleted === "true",
    }),
  );

export const pageOf = <S extends z.ZodType>(item: S) =>
  z.object({
    items: z.array(item),
    nextCursor: z.string().nullable().meta({ description: "Where the next page begins; null on the last." }),
  });
