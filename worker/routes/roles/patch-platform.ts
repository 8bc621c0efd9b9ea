import { defineRoute } from "../../routing/define.ts";
import { MERGE_PATCH_TYPES } from "../../routing/requests.ts";
import { presentRole } from "./read.ts";
import { patchPlatformRoleSchema, platformRoleExample, platformRoleParams, roleSchema } from "./schema.ts";
import { changeRole } from "./write.ts";

export const patchPlatformRole = defineRoute({
  method: "patch",
  path: "/api/v1/roles/{role}",
  operationId: "patchPlatformRole",
  tag: "roles",
  summary: "Change a role of the platform",
  description:
    "Whoever has the role has the new permissions from the next request on, so who changes it must hold both those that come and those that go.",
  action: "platform-access:update",
  params: platformRoleParams,
  body: {
    schema: patchPlatformRoleSchema,
    example: { permissions: ["app:get", "release:get", "release:deploy"] },
    mediaTypes: MERGE_PATCH_TYPES,
  },
  conditional: ["If-Match"],
  answers: {
    200: {
      description: "The role as it is now.",
      schema: roleSchema,
      example: platformRoleExample,
      headers: ["ETag"],
    },
  },
  errors: ["KN-1130"],
  async handler(call) {
    const role = await presentRole(call, null, call.params.role);
    call.checkPrecondition(role);
    return changeRole(call, role, call.body);
  },
});
