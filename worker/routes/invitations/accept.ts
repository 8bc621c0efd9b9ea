import { KubeNovaError } from "../../../domain/errors/index.ts";
import { hashSecret, sameHash } from "../../keys/secret.ts";
import { denied, selfDenied } from "../../login/denied.ts";
import { defineRoute } from "../../routing/define.ts";
import { directory } from "../../store/database.ts";
import { findInvitationById, invitationOf } from "../../store/invitations.ts";
import { acceptable, accepting } from "./accepting.ts";
import { acceptedSchema, acceptSchema } from "./schema.ts";

export const acceptInvitation = defineRoute({
  method: "post",
  path: "/api/v1/invitations:accept",
  operationId: "acceptInvitation",
  tag: "invitations",
  summary: "Accept an invitation",
  description:
    "By whoever is logged in with the address that was invited, once. What the inviter may no longer give is not given: then it is refused.",
  action: "self",
  body: {
    schema: acceptSchema,
    example: { token: `inv_01KAJ7Z8Q4X2N6V0D3M5R9T1WB.${"0".repeat(64)}` },
  },
  answers: {
    200: {
      description: "What was given.",
      schema: acceptedSchema,
      example: { tenant: "acme", bindings: ["bnd_01KAJ7Z8Q4X2N6V0D3M5R9T1WB"] },
    },
  },
  errors: ["KN-1102", "KN-1134", "KN-1135", "KN-1200"],
  async handler(call) {
    const db = directory(call.env);
    const [id = "", secret = ""] = call.body.token.split(".");
    const [rows] = await call.read(db, [findInvitationById(db, id)]);
    call.authorize({});
    const { principal } = call;
    if (principal.kind !== "user" || principal.sessionId === undefined)
      throw selfDenied(call, new KubeNovaError("KN-1135"));
    const invitation = invitationOf(rows?.results[0]);
    const hash = await hashSecret(secret);
    if (!invitation || !sameHash(invitation.secretHash, hash)) {
      throw selfDenied(call, new KubeNovaError("KN-1200", "There is no such invitation."));
    }
    const { tenantId } = invitation;
    const open = await acceptable(call, principal, invitation).catch((error: unknown) => {
      throw denied(call, error, { object: `invitation/${invitation.id}`, tenantId });
    });
    return call.commit(await accepting(call, principal.id, open));
  },
});
