import { defineRoute } from "../../routing/define.ts";
import { directory } from "../../store/database.ts";
import { findTenantLimits, tenantLimitsOf } from "../../store/tenant-limits.ts";
import { findTenant, tenantOf } from "../../store/tenants.ts";
import { present } from "../shared/catalogue.ts";
import { tenantParams } from "../tenants/schema.ts";
import { authorizeTenant } from "../tenants/write.ts";
import { limitsAnswer, limitsExample, limitsSchema } from "./schema.ts";

export const getTenantLimits = defineRoute({
  method: "get",
  path: "/api/v1/tenants/{tenant}/limits",
  operationId: "getTenantLimits",
  tag: "tenants",
  summary: "Get a tenant's limits",
  description:
    "Requests a minute and streams at once: the figures that hold: the tenant's own, else its plan's, else the installation's.",
  action: "tenant:get",
  params: tenantParams,
  conditional: ["If-None-Match"],
  answers: {
    200: { description: "The limits.", schema: limitsSchema, example: limitsExample, headers: ["ETag"] },
  },
  async handler(call) {
    const db = directory(call.env);
    const { tenant } = call.params;
    const [found, limits] = await call.read(db, [findTenant(db, tenant), findTenantLimits(db, tenant)]);
    const row = tenantOf(found?.results[0]);
    authorizeTenant(call, row);
    present("tenant", tenant, row);
    return limitsAnswer(tenantLimitsOf(limits?.results[0]));
  },
});
