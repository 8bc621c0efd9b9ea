import { defineRoute } from "../../routing/define.ts";
import { directory } from "../../store/database.ts";
import { findTenant, tenantOf } from "../../store/tenants.ts";
import { confirmed, confirmQuery, present } from "../shared/catalogue.ts";
import { commitDeletion } from "./deletion.ts";
import { deletedTenantExample, tenantParams, tenantSchema } from "./schema.ts";
import { authorizeTenant } from "./write.ts";

export const deleteTenant = defineRoute({
  method: "delete",
  path: "/api/v1/tenants/{tenant}",
  operationId: "deleteTenant",
  tag: "tenants",
  summary: "Delete a tenant",
  description:
    "All of its workloads stop, in every cluster. Its namespaces and volumes stay for 30 days, in which a restore brings all back.",
  action: "tenant:delete",
  params: tenantParams,
  query: confirmQuery("acme"),
  conditional: ["If-Match"],
  answers: {
    200: {
      description: "The deleted tenant.",
      schema: tenantSchema,
      example: deletedTenantExample,
      headers: ["ETag"],
    },
  },
  errors: ["KN-1008"],
  async handler(call) {
    const db = directory(call.env);
    const [found] = await call.read(db, [findTenant(db, call.params.tenant)]);
    const row = tenantOf(found?.results[0]);
    authorizeTenant(call, row);
    const before = present("tenant", call.params.tenant, row);
    confirmed(before.name, call.query.confirm);
    call.checkPrecondition(before);
    return commitDeletion(call, before, "deleted");
  },
});
