import { z } from "zod";
import { readEmail } from "../../../domain/identity/email.ts";

/** An e-mail address in any spelling; {@link readEmail} gives the one in which it is kept. */
export const emailSchema = z
  .string()
  .max(254)
  .refine((text) => readEmail(text) !== undefined, "not an e-mail address")
  .meta({ examples: ["ada@example.com"] });

/** An address that {@link emailSchema} has let through, as it is kept. */
export const keptEmail = (text: string): string => readEmail(text) ?? text;
