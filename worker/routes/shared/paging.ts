import { z } from "zod";
import { labelKeySchema, labelValueSchema } from "../../../domain/names/index.ts";
import { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, type PageQuery } from "../../store/pages.ts";

/** `a=b,c=d` */
const labelSelectorSchema = z
  .string()
  .max(2048)
  .refine(
    (text) =>
      text.split(",").every((pair) => {
        const [key = "", value, ...rest] = pair.split("=");
        return (
          rest.length === 0 &&
          labelKeySchema.safeParse(key).success &&
          labelValueSchema.safeParse(value).success
        );
      }),
    "not a list of key=value, separated by commas",
  );

/** Query of every list of catalogue objects. */
export const listQuerySchema = z
  .strictObject({
    limit: z
      .string()
      .regex(/^[1-9][0-9]{0,3}$/, `a number from 1 to ${MAX_PAGE_SIZE}`)
      .refine((text) => Number(text) <= MAX_PAGE_SIZE, `a number from 1 to ${MAX_PAGE_SIZE}`)
      .optional()
      .meta({
        description: `Objects a page, 1 to ${MAX_PAGE_SIZE}; ${DEFAULT_PAGE_SIZE} where absent.`,
        examples: ["20"],
      }),
    cursor: z
      .string()
      .max(1024)
      .optional()
      .meta({ description: "`nextCursor` of the page before; it belongs to its sort and order." }),
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
