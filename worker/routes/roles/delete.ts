import { defineRoute } from "../../routing/define.ts";
import { presentRole, usesOf } from "./read.ts";
import { roleParams } from "./schema.ts";
import { removeRole } from "./write.ts";

export const deleteRole = defineRoute({
  method: "delete",
  path: "/api/v1/tenants/{tenant}/roles/{role}",
  operationId: "deleteRole",
  tag: "roles",
  summary: "Delete a role of a tenant",
  description: "Refused where a binding or an open invitation gives it.",
  action: "role:delete",
  params: roleParams,
  conditional: ["If-Match"],
  answers: { 204: { description: "It is gone." } },
  errors: ["KN-1132"],
  async handler(call) {
    const role = await presentRole(call, call.params.tenant, call.params.role);
    call.checkPrecondition(role);
    return removeRole(call, role, await usesOf(call, role));
  },
});
