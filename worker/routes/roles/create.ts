import { defineRoute } from "../../routing/define.ts";
import { tenantParams } from "../tenants/schema.ts";
import { readRole } from "./read.ts";
import { createRoleSchema, roleExample, roleSchema } from "./schema.ts";
import { createRoleRow } from "./write.ts";

export const createRole = defineRoute({
  method: "post",
  path: "/api/v1/tenants/{tenant}/roles",
  operationId: "createRole",
  tag: "roles",
  summary: "Make a role of a tenant",
  description: "Of permissions that its maker holds in the tenant.",
  action: "role:create",
  params: tenantParams,
  body: {
    schema: createRoleSchema,
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
      example: roleExample,
      headers: ["ETag", "Location"],
    },
  },
  errors: ["KN-1130", "KN-1133", "KN-1300"],
  async handler(call) {
    const { owner, role: same, count } = await readRole(call, call.params.tenant, call.body.name);
    return createRoleRow(call, owner, call.body, { same, count });
  },
});
