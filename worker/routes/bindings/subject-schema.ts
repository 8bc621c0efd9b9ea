import { z } from "zod";
import { idPattern } from "../../../domain/ids/index.ts";
import { nameSchema } from "../../../domain/names/index.ts";
import { emailSchema } from "../shared/email.ts";

/** Whom something can be given to, as bodies name him. */

export const userSubjectSchema = z
  .strictObject({
    kind: z.literal("user"),
    id: z.string().regex(idPattern("user")).optional(),
    email: emailSchema.optional(),
  })
  .refine(({ id, email }) => (id === undefined) !== (email === undefined), "either id or email");
const groupName = z
  .string()
  .min(1)
  .max(200)
  .refine((text) => text.isWellFormed(), "not well-formed Unicode");
const groupSubject = z.strictObject({
  kind: z.literal("group"),
  provider: z.string().regex(idPattern("identityProvider")),
  name: groupName.meta({ description: "As the provider's claim says it." }),
});
const named = <K extends string>(kind: K) => z.strictObject({ kind: z.literal(kind), name: nameSchema });

export const subjectSchema = z.discriminatedUnion("kind", [
  userSubjectSchema,
  named("service-account"),
  named("team"),
  groupSubject,
]);

/** Teams are tenants'. */
export const platformSubjectSchema = z.discriminatedUnion("kind", [
  userSubjectSchema,
  named("service-account"),
  groupSubject,
]);
