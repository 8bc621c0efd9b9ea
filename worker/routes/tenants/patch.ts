import { mergePatch } from "../../../domain/canonical/merge-patch.ts";
import { defineRoute } from "../../routing/define.ts";
import { MERGE_PATCH_TYPES } from "../../routing/requests.ts";
import { validate } from "../../routing/validate.ts";
import { directory } from "../../store/database.ts";
import { findTenant, tenantOf } from "../../store/tenants.ts";
import { present, writtenFields } from "../shared/catalogue.ts";
import { patchTenantSchema, putTenantSchema, tenantExample, tenantParams, tenantSchema } from "./schema.ts";
import { authorizeTenant, replaceTenantRow } from "./write.ts";

export const patchTenant = defineRoute({
  method: "patch",
  path: "/api/v1/tenants/{tenant}",
  operationId: "patchTenant",
  tag: "tenants",
  summary: "Change fields of a tenant",
  description: "A JSON Merge Patch (RFC 7396): null takes a field away.",
  action: "tenant:update",
  params: tenantParams,
  body: {
    schema: patchTenantSchema,
    example: { labels: { plan: "enterprise", trial: null } },
    mediaTypes: MERGE_PATCH_TYPES,
  },
  conditional: ["If-Match"],
  answers: {
    200: {
      description: "The tenant as it is now.",
      schema: tenantSchema,
      example: tenantExample,
      headers: ["ETag"],
    },
  },
  errors: ["KN-1305"],
  async handler(call) {
    const db = directory(call.env);
    const [found] = await call.read(db, [findTenant(db, call.params.tenant)]);
    const row = tenantOf(found?.results[0]);
    authorizeTenant(call, row);
    const tenant = present("tenant", call.params.tenant, row);
    call.checkPrecondition(tenant);
    const merged = mergePatch({ ...writtenFields(tenant), region: tenant.region }, call.body);
    return replaceTenantRow(call, tenant, validate(putTenantSchema, merged, "body"));
  },
});
