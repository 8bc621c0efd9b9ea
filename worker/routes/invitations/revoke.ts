import { defineRoute } from "../../routing/define.ts";
import { readInvitation } from "./read.ts";
import { revoke } from "./revoking.ts";
import { invitationExample, invitationParams, invitationSchema } from "./schema.ts";

export const revokeInvitation = defineRoute({
  method: "delete",
  path: "/api/v1/tenants/{tenant}/invitations/{invitation}",
  operationId: "revokeInvitation",
  tag: "invitations",
  summary: "Revoke an invitation of a tenant",
  description: "What was accepted stays: a binding is taken away by itself.",
  action: "invitation:delete",
  params: invitationParams,
  answers: {
    200: {
      description: "The invitation as it is now.",
      schema: invitationSchema,
      example: { ...invitationExample, state: "revoked", revokedAt: "2026-11-21T11:00:00.000Z" },
    },
  },
  errors: ["KN-1134"],
  async handler(call) {
    return revoke(call, await readInvitation(call, call.params.tenant, call.params.invitation));
  },
});
