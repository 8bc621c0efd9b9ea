import { defineRoute } from "../../routing/define.ts";
import { readMember } from "./read.ts";
import { memberExample, memberJson, memberParams, memberSchema } from "./schema.ts";

export const getMember = defineRoute({
  method: "get",
  path: "/api/v1/tenants/{tenant}/members/{user}",
  operationId: "getMember",
  tag: "members",
  summary: "Get a member",
  action: "member:get",
  params: memberParams,
  answers: { 200: { description: "The member.", schema: memberSchema, example: memberExample } },
  async handler(call) {
    return { status: 200, body: memberJson((await readMember(call)).member) };
  },
});
