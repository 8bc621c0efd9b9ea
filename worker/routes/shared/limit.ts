import { z } from "zod";
import { MAX_PAGE_SIZE } from "../../store/pages.ts";

/** `limit` of a list whose order is its own. */
export const limitTextSchema = z
  .string()
  .regex(/^[1-9][0-9]{0,2}$/, `a number from 1 to ${MAX_PAGE_SIZE}`)
  .refine((text) => Number(text) <= MAX_PAGE_SIZE, `a number from 1 to ${MAX_PAGE_SIZE}`)
  .meta({ examples: ["50"] });
