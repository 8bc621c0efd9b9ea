import { defineRoute } from "../../routing/define.ts";
import { etagOf } from "../../routing/preconditions.ts";
import { presentRole } from "./read.ts";
import { roleExample, roleJson, roleParams, roleSchema } from "./schema.ts";

export const getRole = defineRoute({
  method: "get",
  path: "/api/v1/tenants/{tenant}/roles/{role}",
  operationId: "getRole",
  tag: "roles",
  summary: "Get a role of a tenant",
  action: "role:get",
  params: roleParams,
  conditional: ["If-None-Match"],
  answers: { 200: { description: "The role.", schema: roleSchema, example: roleExample, headers: ["ETag"] } },
  async handler(call) {
    const role = await presentRole(call, call.params.tenant, call.params.role);
    return { status: 200, body: roleJson(role), etag: etagOf(role.version) };
  },
});
