import { defineRoute } from "../../routing/define.ts";
import { directory } from "../../store/database.ts";
import { findTenant, tenantOf } from "../../store/tenants.ts";
import { present } from "../shared/catalogue.ts";
import { tenantExample, tenantParams, tenantSchema } from "./schema.ts";
import { authorizeTenant, tenantAnswer } from "./write.ts";

export const getTenant = defineRoute({
  method: "get",
  path: "/api/v1/tenants/{tenant}",
  operationId: "getTenant",
  tag: "tenants",
  summary: "Get a tenant",
  action: "tenant:get",
  params: tenantParams,
  conditional: ["If-None-Match"],
  answers: {
    200: { description: "The tenant.", schema: tenantSchema, example: tenantExample, headers: ["ETag"] },
  },
  async handler(call) {
    const db = directory(call.env);
    const [found] = await call.read(db, [findTenant(db, call.params.tenant)]);
    const row = tenantOf(found?.results[0]);
    authorizeTenant(call, row);
    return tenantAnswer(200, present("tenant", call.params.tenant, row));
  },
});
