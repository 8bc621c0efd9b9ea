import { defineRoute } from "../../routing/define.ts";
import { presentRole, usesOf } from "./read.ts";
import { platformRoleParams } from "./schema.ts";
import { removeRole } from "./write.ts";

export const deletePlatformRole = defineRoute({
  method: "delete",
  path: "/api/v1/roles/{role}",
  operationId: "deletePlatformRole",
  tag: "roles",
  summary: "Delete a role of the platform",
  description: "Refused where a binding or an open invitation gives it.",
  action: "platform-access:update",
  params: platformRoleParams,
  conditional: ["If-Match"],
  answers: { 204: { description: "It is gone." } },
  errors: ["KN-1132"],
  async handler(call) {
    const role = await presentRole(call, null, call.params.role);
    call.checkPrecondition(role);
    return removeRole(call, role, await usesOf(call, role));
  },
});
