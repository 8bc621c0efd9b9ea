import { defineRoute } from "../../routing/define.ts";
import { readInvitation } from "./read.ts";
import { invitationExample, invitationJson, invitationSchema, platformInvitationParams } from "./schema.ts";

export const getPlatformInvitation = defineRoute({
  method: "get",
  path: "/api/v1/invitations/{invitation}",
  operationId: "getPlatformInvitation",
  tag: "invitations",
  summary: "Get an invitation of the platform",
  action: "platform-access:get",
  params: platformInvitationParams,
  answers: {
    200: { description: "Without its token.", schema: invitationSchema, example: invitationExample },
  },
  async handler(call) {
    const row = await readInvitation(call, null, call.params.invitation);
    return { status: 200, body: invitationJson(row, call.now) };
  },
});
