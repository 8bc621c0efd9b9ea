import { isRoleName } from "../../../domain/access/index.ts";
import { defineRoute } from "../../routing/define.ts";
import { etagOf } from "../../routing/preconditions.ts";
import { presentRole } from "./read.ts";
import { anyRoleSchema, fixedRoleJson, platformRoleExample, platformRoleParams, roleJson } from "./schema.ts";

export const getPlatformRole = defineRoute({
  method: "get",
  path: "/api/v1/roles/{role}",
  operationId: "getPlatformRole",
  tag: "roles",
  summary: "Get a fixed role, or a custom one of the platform",
  action: "self",
  params: platformRoleParams,
  conditional: ["If-None-Match"],
  answers: {
    200: { description: "The role.", schema: anyRoleSchema, example: platformRoleExample, headers: ["ETag"] },
  },
  async handler(call) {
    const { role: name } = call.params;
    if (isRoleName(name)) {
      await call.identify();
      call.authorize({});
      return { status: 200, body: fixedRoleJson(name) };
    }
    const role = await presentRole(call, null, name);
    return { status: 200, body: roleJson(role), etag: etagOf(role.version) };
  },
});
