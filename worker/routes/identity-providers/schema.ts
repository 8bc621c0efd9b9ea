import { z } from "zod";
import { idPattern } from "../../../domain/ids/index.ts";
import { nameSchema } from "../../../domain/names/index.ts";
import type { IdentityProvider } from "../../store/identity-providers.ts";
import { displayNameSchema, iso, timeSchema } from "../shared/catalogue.ts";

const issuerSchema = z
  .string()
  .max(512)
  .refine((text) => isIssuer(text), "not a URL without query and fragment")
  .meta({
    description: "Exactly as the provider's discovery document says it.",
    examples: ["https://accounts.google.com"],
  });

/** OpenID Connect Discovery 1.0, section 3. Whether it may be asked, the guard for outside addresses says. */
function isIssuer(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && !text.includes("?") && !text.includes("#");
}

const domainSchema = z
  .string()
  .max(253)
  .regex(
    /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+$/,
    "not a domain in lower case",
  );
const scopeSchema = z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,64}$/, "not a scope");

/** What is written of a provider, with what stands where a field is absent. */
export const writeProviderSchema = z
  .strictObject({
    displayName: displayNameSchema.optional(),
    issuer: issuerSchema,
    clientId: z.string().min(1).max(256),
    clientSecret: z
      .string()
      .min(1)
      .max(1024)
      .refine((text) => text.isWellFormed(), "not well-formed Unicode")
      .nullable()
      .optional()
      .meta({
        description: "Sealed at rest and shown to nobody. Null or absent: a public client, by PKCE alone.",
      }),
    scopes: z
      .array(scopeSchema)
      .max(20)
      .refine((scopes) => scopes.includes("openid"), "openid is missing")
      .default(["openid", "email", "profile"]),
    groupsClaim: z.string().min(1).max(128).nullable().default(null).meta({
      description: "Claim of the ID token with the groups: a name, or a path such as `realm_access.roles`.",
    }),
    users: z.enum(["invited", "domains", "everyone"]).default("invited").meta({
      description:
        "Whom it may bring in who is no user yet. `invited`: who was invited. `domains`: also who has a verified address of `domains`. `everyone`: whomever the provider knows.",
    }),
    domains: z.array(domainSchema).max(50).default([]),
    trustEmail: z.boolean().default(false).meta({
      description: "Take an address as verified where the provider sends no `email_verified` at all.",
    }),
    enabled: z.boolean().default(true),
  })
  .meta({ id: "WriteIdentityProvider" });

export type WriteProvider = z.output<typeof writeProviderSchema>;

export const createProviderSchema = writeProviderSchema
  .extend({ name: nameSchema })
  .meta({ id: "CreateIdentityProvider" });

/** A merge patch: null takes a field away. */
export const patchProviderSchema = z
  .strictObject({
    displayName: displayNameSchema.nullable().optional(),
    issuer: issuerSchema.optional(),
    clientId: writeProviderSchema.shape.clientId.optional(),
    clientSecret: writeProviderSchema.shape.clientSecret,
    scopes: z.array(scopeSchema).max(20).optional(),
    groupsClaim: z.string().min(1).max(128).nullable().optional(),
    users: z.enum(["invited", "domains", "everyone"]).optional(),
    domains: z.array(domainSchema).max(50).optional(),
    trustEmail: z.boolean().optional(),
    enabled: z.boolean().optional(),
  })
  .meta({ id: "PatchIdentityProvider" });

export const providerSchema = z
  .object({
    id: z.string().regex(idPattern("identityProvider")),
    name: nameSchema,
    displayName: z.string().optional(),
    issuer: z.string(),
    clientId: z.string(),
    hasClientSecret: z.boolean(),
    scopes: z.array(z.string()),
    groupsClaim: z.string().nullable(),
    users: z.enum(["invited", "domains", "everyone"]),
    domains: z.array(z.string()),
    trustEmail: z.boolean(),
    enabled: z.boolean(),
    redirectUri: z.string().meta({ description: "To be registered with the provider." }),
    version: z.int().min(1),
    createdAt: timeSchema,
    updatedAt: timeSchema,
  })
  .meta({ id: "IdentityProvider" });

export const providerListSchema = z
  .object({ items: z.array(providerSchema) })
  .meta({ id: "IdentityProviderList" });

/** @param origin of this manager, as people reach it */
export const callbackUri = (origin: string, id: string): string => `${origin}/api/v1/auth/callback/${id}`;

export const providerJson = (row: IdentityProvider, origin: string) => ({
  id: row.id,
  name: row.name,
  displayName: row.displayName ?? undefined,
  issuer: row.issuer,
  clientId: row.clientId,
  hasClientSecret: row.clientSecret !== null,
  scopes: row.scopes,
  groupsClaim: row.groupsClaim,
  users: row.users,
  domains: row.domains,
  trustEmail: row.trustEmail,
  enabled: row.enabled,
  redirectUri: callbackUri(origin, row.id),
  version: row.version,
  createdAt: iso(row.createdAt),
  updatedAt: iso(row.updatedAt),
});
