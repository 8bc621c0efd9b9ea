import { z } from "zod";
import { idPattern } from "../../../domain/ids/index.ts";
import { nameSchema } from "../../../domain/names/index.ts";
import type { NamedUser } from "../../store/users.ts";
import { displayNameSchema, iso, timeSchema } from "../shared/catalogue.ts";
import { emailSchema } from "../shared/email.ts";
import { idPageFields } from "../shared/id-paging.ts";
import { pageOf } from "../shared/paging.ts";

const stateSchema = z.enum(["active", "disabled"]);

export const createUserSchema = z
  .strictObject({ email: emailSchema, displayName: displayNameSchema.optional() })
  .meta({ id: "UserCreate" });
export const patchUserSchema = z
  .strictObject({
    displayName: displayNameSchema.nullable().optional(),
    state: stateSchema.optional(),
    relinkTo: z
      .string()
      .max(64)
      .nullable()
      .optional()
      .meta({
        description:
          "Name or id of a provider of his realm: the next login there with his verified address is his, once, though he has or had another way in. Needs all that he holds. Null takes it back.",
        examples: ["google"],
      }),
  })
  .meta({ id: "UserPatch" });

/** Of answers. */
export const relinkToSchema = z
  .string()
  .regex(idPattern("identityProvider"))
  .meta({ description: "The provider by which the next login with his address is his." });

export const userSchema = z
  .object({
    id: z.string().regex(idPattern("user")),
    tenant: z
      .string()
      .optional()
      .meta({ description: "Of which tenant's own providers he is a user; absent for the platform's." }),
    email: z.string(),
    displayName: z.string().optional(),
    state: stateSchema,
    relinkTo: relinkToSchema.optional(),
    version: z.int().min(1),
    createdAt: timeSchema,
    updatedAt: timeSchema,
    lastUsedAt: timeSchema.optional().meta({ description: "To the hour." }),
  })
  .meta({ id: "User" });
export const userPageSchema = pageOf(userSchema).meta({ id: "UserPage" });

export const userIdSchema = z
  .string()
  .regex(idPattern("user"))
  .meta({ examples: ["usr_01KAJ7Z8Q4X2N6V0D3M5R9T1WB"] });
export const userParams = z.strictObject({ user: userIdSchema });
export const userListQuery = z.strictObject({
  ...idPageFields,
  email: emailSchema.optional(),
  state: stateSchema.optional().meta({ examples: ["disabled"] }),
  realm: nameSchema
    .optional()
    .meta({ description: "Name of a tenant: users of its own providers alone.", examples: ["acme"] }),
});

export const userJson = (user: NamedUser) => ({
  id: user.id,
  tenant: user.tenantName ?? undefined,
  email: user.email,
  displayName: user.displayName ?? undefined,
  state: user.state,
  relinkTo: user.relinkTo ?? undefined,
  version: user.version,
  createdAt: iso(user.createdAt),
  updatedAt: iso(user.updatedAt),
  lastUsedAt: user.lastUsedAt === null ? undefined : iso(user.lastUsedAt),
});

export const userExample = {
  id: "usr_01KAJ7Z8Q4X2N6V0D3M5R9T1WB",
  email: "ada@example.com",
  displayName: "Ada Lovelace",
  state: "active" as const,
  version: 1,
  createdAt: "2026-11-21T10:00:00.000Z",
  updatedAt: "2026-11-21T10:00:00.000Z",
};
