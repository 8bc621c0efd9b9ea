import { defineRoute } from "../../routing/define.ts";
import { directory } from "../../store/database.ts";
import { findTenant, tenantOf } from "../../store/tenants.ts";
import { restorable } from "../shared/catalogue.ts";
import { commitDeletion } from "./deletion.ts";
import { tenantExample, tenantParams, tenantSchema } from "./schema.ts";
import { authorizeTenant } from "./write.ts";

export const restoreTenant = defineRoute({
  method: "post",
  path: "/api/v1/tenants/{tenant}:restore",
  operationId: "restoreTenant",
  tag: "tenants",
  summary: "Bring a deleted tenant back",
  description: "Everything that was deleted with it comes back too.",
  action: "tenant:restore",
  params: tenantParams,
  conditional: ["If-Match"],
  answers: {
    200: {
      description: "The tenant.",
      schema: tenantSchema,
      example: { ...tenantExample, version: 3 },
      headers: ["ETag"],
    },
  },
  errors: ["KN-1306", "KN-1203"],
  async handler(call) {
    const db = directory(call.env);
    const [found] = await call.read(db, [findTenant(db, call.params.tenant)]);
    const row = tenantOf(found?.results[0]);
    authorizeTenant(call, row);
    const before = restorable("tenant", call.params.tenant, row, call.now);
    call.checkPrecondition(before);
    return commitDeletion(call, before, "restored");
  },
});
