import { defineRoute } from "../../routing/define.ts";
import { readInvitation } from "./read.ts";
import { revoke } from "./revoking.ts";
import { invitationExample, invitationSchema, platformInvitationParams } from "./schema.ts";

export const revokePlatformInvitation = defineRoute({
  method: "delete",
  path: "/api/v1/invitations/{invitation}",
  operationId: "revokePlatformInvitation",
  tag: "invitations",
  summary: "Revoke an invitation of the platform",
  description: "What was accepted stays: a binding is taken away by itself.",
  action: "platform-access:update",
  params: platformInvitationParams,
  answers: {
    200: {
      description: "The invitation as it is now.",
      schema: invitationSchema,
      example: { ...invitationExample, state: "revoked", revokedAt: "2026-11-21T11:00:00.000Z" },
    },
  },
  errors: ["KN-1134"],
  async handler(call) {
    return revoke(call, await readInvitation(call, null, call.params.invitation));
  },
});
