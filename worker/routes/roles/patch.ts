import { defineRoute } from "../../routing/define.ts";
import { MERGE_PATCH_TYPES } from "../../routing/requests.ts";
import { presentRole } from "./read.ts";
import { patchRoleSchema, roleExample, roleParams, roleSchema } from "./schema.ts";
import { changeRole } from "./write.ts";

export const patchRole = defineRoute({
  method: "patch",
  path: "/api/v1/tenants/{tenant}/roles/{role}",
  operationId: "patchRole",
  tag: "roles",
  summary: "Change a role of a tenant",
  description:
    "Whoever has the role has the new permissions from the next request on, so who changes it must hold both those that come and those that go.",
  action: "role:update",
  params: roleParams,
  body: {
    schema: patchRoleSchema,
    example: { permissions: ["app:get", "release:get", "release:deploy"] },
    mediaTypes: MERGE_PATCH_TYPES,
  },
  conditional: ["If-Match"],
  answers: {
    200: {
      description: "The role as it is now.",
      schema: roleSchema,
      example: roleExample,
      headers: ["ETag"],
    },
  },
  errors: ["KN-1130"],
  async handler(call) {
    const role = await presentRole(call, call.params.tenant, call.params.role);
    call.checkPrecondition(role);
    return changeRole(call, role, call.body);
  },
});
