import { defineRoute } from "../../routing/define.ts";
import { readInvitation } from "./read.ts";
import { invitationExample, invitationJson, invitationParams, invitationSchema } from "./schema.ts";

export const getInvitation = defineRoute({
  method: "get",
  path: "/api/v1/tenants/{tenant}/invitations/{invitation}",
  operationId: "getInvitation",
  tag: "invitations",
  summary: "Get an invitation of a tenant",
  action: "invitation:get",
  params: invitationParams,
  answers: {
    200: { description: "Without its token.", schema: invitationSchema, example: invitationExample },
  },
  async handler(call) {
    const row = await readInvitation(call, call.params.tenant, call.params.invitation);
    return { status: 200, body: invitationJson(row, call.now) };
  },
});
