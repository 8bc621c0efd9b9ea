import { defineRoute } from "../../routing/define.ts";

import { readRole } from "./read.ts";
import { createPlatformRoleSchema, platformRoleExample, roleSchema } from "./schema.ts";
import { createRoleRow } from "./write.ts";

export const createPlatformRole = defineRoute({
  method: "post",
  path: "/api/v1/roles",
  operationId: "createPlatformRole",
  tag: "roles",
  summary: "Make a role of the platform",
  description: "Of permissions that its maker holds at the platform. Every tenant can give it.",
  action: "platform-access:update",

  body: {
    schema: createPlatformRoleSchema,
    example: {
      name: "release-manager",
      displayName: "Release manager",
      permissions: ["app:get", "release:get", "release:deploy"],
    },
  },
  answers: {
    201: {
      description: "The role.",
      schema: roleSchema,
      example: platformRoleExample,
      headers: ["ETag", "Location"],
    },
  },
  errors: ["KN-1130", "KN-1133", "KN-1300"],
  async handler(call) {
    const { owner, role: same, count } = await readRole(call, null, call.body.name);
    return createRoleRow(call, owner, call.body, { same, count });
  },
});
