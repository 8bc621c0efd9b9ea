import { z } from "zod";
import { idPattern } from "../../../domain/ids/index.ts";
import { nameSchema } from "../../../domain/names/index.ts";
import type { ServiceAccount } from "../../store/service-accounts.ts";
import { displayNameSchema, iso, timeSchema } from "../shared/catalogue.ts";
import { pageOf } from "../shared/paging.ts";

const stateSchema = z.enum(["active", "disabled"]);

export const createServiceAccountSchema = z
  .strictObject({ name: nameSchema, displayName: displayNameSchema.optional() })
  .meta({ id: "ServiceAccountCreate" });
export const patchServiceAccountSchema = z
  .strictObject({ displayName: displayNameSchema.nullable().optional(), state: stateSchema.optional() })
  .meta({ id: "ServiceAccountPatch" });

export const serviceAccountSchema = z
  .object({
    id: z.string().regex(idPattern("serviceAccount")),
    name: nameSchema,
    displayName: z.string().optional(),
    state: stateSchema,
    version: z.int().min(1),
    createdAt: timeSchema,
    updatedAt: timeSchema,
    lastUsedAt: timeSchema.optional().meta({ description: "To the hour." }),
  })
  .meta({ id: "ServiceAccount" });
export const serviceAccountPageSchema = pageOf(serviceAccountSchema).meta({ id: "ServiceAccountPage" });

export const accountSchema = nameSchema.meta({ examples: ["deployer"] });

export const serviceAccountJson = (account: ServiceAccount) => ({
  id: account.id,
  name: account.name,
  displayName: account.displayName ?? undefined,
  state: account.state,
  version: account.version,
  createdAt: iso(account.createdAt),
  updatedAt: iso(account.updatedAt),
  lastUsedAt: account.lastUsedAt === null ? undefined : iso(account.lastUsedAt),
});

export const serviceAccountExample = {
  id: "sva_01KAJ7Z8Q4X2N6V0D3M5R9T1WB",
  name: "deployer",
  displayName: "Deploys from CI",
  state: "active" as const,
  version: 1,
  createdAt: "2026-11-21T10:00:00.000Z",
  updatedAt: "2026-11-21T10:00:00.000Z",
};
