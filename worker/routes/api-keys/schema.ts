import { z } from "zod";
import { PERMISSIONS } from "../../../domain/access/index.ts";
import {
  DEFAULT_KEY_DAYS,
  DEFAULT_OVERLAP_HOURS,
  MAX_KEY_DAYS,
  MAX_OVERLAP_HOURS,
} from "../../../domain/access/keys.ts";
import { idPattern } from "../../../domain/ids/index.ts";
import { MAX_REQUESTS_PER_MINUTE, MIN_REQUESTS_PER_MINUTE } from "../../../domain/limits/figures.ts";
import { nameSchema } from "../../../domain/names/index.ts";
import { API_KEY_PREFIX } from "../../middleware/api-key.ts";
import { keyState, type NamedKey } from "../../store/api-keys.ts";
import { iso, timeSchema } from "../shared/catalogue.ts";
import { pageOf } from "../shared/paging.ts";

const permissionsSchema = z
  .array(z.enum(PERMISSIONS))
  .min(1)
  .max(PERMISSIONS.length)
  .meta({ description: "What it is good for, of what its owner may do; all of it where absent." });
const daysSchema = z.int().min(1).max(MAX_KEY_DAYS).default(DEFAULT_KEY_DAYS);

export const createKeySchema = z
  .strictObject({
    name: nameSchema,
    permissions: permissionsSchema.optional(),
    requestsPerMinute: z.int().min(MIN_REQUESTS_PER_MINUTE).max(MAX_REQUESTS_PER_MINUTE).optional().meta({
      description: "Held to so many, where that is less than what its tenant gives each principal.",
    }),
    expiresInDays: daysSchema,
  })
  .meta({ id: "ApiKeyCreate" });
export const createWideKeySchema = createKeySchema
  .extend({
    tenant: nameSchema
      .optional()
      .meta({ description: "The one tenant that it is good for; all that its owner may see where absent." }),
  })
  .meta({ id: "WideApiKeyCreate" });
export type KeyWrite = z.output<typeof createWideKeySchema>;

export const rotateKeySchema = z
  .strictObject({
    overlapHours: z
      .int()
      .min(0)
      .max(MAX_OVERLAP_HOURS)
      .default(DEFAULT_OVERLAP_HOURS)
      .meta({ description: "How long the former secret is good too; 0 ends it at once." }),
    expiresInDays: daysSchema,
  })
  .meta({ id: "ApiKeyRotate" });
export type KeyRotation = z.output<typeof rotateKeySchema>;

export const keySchema = z
  .object({
    id: z.string().regex(idPattern("apiKey")),
    name: nameSchema,
    prefix: z.string().meta({ description: "How the key begins." }),
    state: z.enum(["active", "expired", "revoked"]),
    tenant: z.string().optional(),
    permissions: z.array(z.string()).optional(),
    requestsPerMinute: z.int().optional(),
    createdAt: timeSchema,
    createdBy: z.string(),
    expiresAt: timeSchema,
    lastUsedAt: timeSchema.optional().meta({ description: "To the hour." }),
    revokedAt: timeSchema.optional(),
    formerSecretUntil: timeSchema
      .optional()
      .meta({ description: "Until when the former secret is good too." }),
  })
  .meta({ id: "ApiKey" });
export const newKeySchema = keySchema
  .extend({ key: z.string().meta({ description: "Shown this once; only its hash is kept." }) })
  .meta({ id: "NewApiKey" });
export const keyPageSchema = pageOf(keySchema).meta({ id: "ApiKeyPage" });

export const keyIdSchema = z
  .string()
  .regex(idPattern("apiKey"))
  .meta({ examples: ["key_01KAJ7Z8Q4X2N6V0D3M5R9T1WB"] });

/** What a scanner of leaked secrets finds it by, and people tell it by. */
const prefixOf = (id: string): string => `${API_KEY_PREFIX}${id.slice(id.indexOf("_") + 1)}_`;

export const keyJson = (key: NamedKey, now: number) => ({
  id: key.id,
  name: key.name,
  prefix: prefixOf(key.id),
  state: keyState(key, now),
  tenant: key.tenantName ?? undefined,
  permissions: key.permissions ?? undefined,
  requestsPerMinute: key.requestsPerMinute ?? undefined,
  createdAt: iso(key.createdAt),
  createdBy: key.createdBy,
  expiresAt: iso(key.expiresAt),
  lastUsedAt: key.lastUsedAt === null ? undefined : iso(key.lastUsedAt),
  revokedAt: key.revokedAt === null ? undefined : iso(key.revokedAt),
  formerSecretUntil:
    key.previousExpiresAt === null || key.previousExpiresAt <= now ? undefined : iso(key.previousExpiresAt),
});

export const keyExample = {
  id: "key_01KAJ7Z8Q4X2N6V0D3M5R9T1WB",
  name: "ci",
  prefix: "kn_01KAJ7Z8Q4X2N6V0D3M5R9T1WB_",
  state: "active" as const,
  tenant: "acme",
  permissions: ["app:get", "app:update"],
  createdAt: "2026-11-21T10:00:00.000Z",
  createdBy: "usr_01KAJ7Z8Q4X2N6V0D3M5R9T1WB",
  expiresAt: "2027-02-19T10:00:00.000Z",
};
export const newKeyExample = { ...keyExample, key: `${keyExample.prefix}${"x".repeat(43)}` };
