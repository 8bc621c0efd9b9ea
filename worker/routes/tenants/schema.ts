import { z } from "zod";
import { nameSchema } from "../../../domain/names/index.ts";
import type { Tenant } from "../../store/tenants.ts";
import { catalogueFields, catalogueJson, patchableFields, writableFields } from "../shared/catalogue.ts";
import { pageOf } from "../shared/paging.ts";

export const DEFAULT_REGION = "default";

const regionSchema = z
  .string()
  .max(32)
  .regex(/^[a-z][a-z0-9-]*$/, "lower-case letters, digits and '-'")
  .meta({ description: "Where the tenant's data lives. It never changes.", examples: [DEFAULT_REGION] });

export const putTenantSchema = z
  .strictObject({ ...writableFields, region: regionSchema.optional() })
  .meta({ id: "TenantWrite" });
export type TenantWrite = z.infer<typeof putTenantSchema>;

export const createTenantSchema = putTenantSchema.extend({ name: nameSchema }).meta({ id: "TenantCreate" });

export const patchTenantSchema = z
  .strictObject({ ...patchableFields, region: regionSchema.nullable().optional() })
  .meta({ id: "TenantPatch" });

export const tenantSchema = z
  .object({ ...catalogueFields("tenant"), region: z.string() })
  .meta({ id: "Tenant" });

export const tenantPageSchema = pageOf(tenantSchema).meta({ id: "TenantPage" });

export const tenantParams = z.strictObject({ tenant: nameSchema.meta({ examples: ["acme"] }) });

export const tenantJson = (tenant: Tenant) => ({ ...catalogueJson(tenant), region: tenant.region });

export const tenantExample = {
  id: "ten_01KAJ7Z8Q4X2N6V0D3M5R9T1WB",
  name: "acme",
  displayName: "Acme Corporation",
  labels: { plan: "team" },
  version: 1,
  createdAt: "2026-11-21T10:00:00.000Z",
  updatedAt: "2026-11-21T10:00:00.000Z",
  region: DEFAULT_REGION,
};

export const deletedTenantExample = {
  ...tenantExample,
  version: 2,
  deletedAt: "2026-11-22T10:00:00.000Z",
  restorableUntil: "2026-12-22T10:00:00.000Z",
};
