import { defineRoute } from "../../routing/define.ts";
import { directory } from "../../store/database.ts";
import { findTenant, tenantOf } from "../../store/tenants.ts";
import { nameIsFree } from "../shared/catalogue.ts";
import { putTenantSchema, tenantExample, tenantParams, tenantSchema } from "./schema.ts";
import { authorizeTenant, createTenantRow, replaceTenantRow } from "./write.ts";

export const putTenant = defineRoute({
  method: "put",
  path: "/api/v1/tenants/{tenant}",
  operationId: "putTenant",
  tag: "tenants",
  summary: "Create or replace a tenant",
  description: "Fields that the body leaves out are emptied.",
  action: "tenant:update",
  params: tenantParams,
  body: { schema: putTenantSchema, example: { displayName: "Acme Corporation", labels: { plan: "team" } } },
  conditional: ["If-Match", "If-None-Match"],
  answers: {
    200: {
      description: "The tenant as it is now.",
      schema: tenantSchema,
      example: tenantExample,
      headers: ["ETag"],
    },
    201: {
      description: "A new tenant.",
      schema: tenantSchema,
      example: tenantExample,
      headers: ["ETag", "Location"],
    },
  },
  errors: ["KN-1300", "KN-1305"],
  async handler(call) {
    const db = directory(call.env);
    const [found] = await call.read(db, [findTenant(db, call.params.tenant)]);
    const row = tenantOf(found?.results[0]);
    authorizeTenant(call, row);
    call.checkPrecondition(row);
    if (row && row.deletedAt === null) return replaceTenantRow(call, row, call.body);
    call.require("tenant:create", {});
    nameIsFree("tenant", row);
    return createTenantRow(call, call.params.tenant, call.body);
  },
});
