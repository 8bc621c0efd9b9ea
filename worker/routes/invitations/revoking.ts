import { KubeNovaError } from "../../../domain/errors/index.ts";
import type { Answer, Call } from "../../routing/call.ts";
import { directory } from "../../store/database.ts";
import { type Invitation, revokeInvitation } from "../../store/invitations.ts";
import { accessEvent } from "../shared/giving.ts";
import { invitationEventState } from "./make.ts";
import { invitationJson } from "./schema.ts";

/** Commits that an invitation is worth nothing; once is enough. @throws KubeNovaError KN-1134 where it is accepted */
export function revoke(call: Call, before: Invitation): Promise<Answer> {
  const db = directory(call.env);
  if (before.acceptedAt !== null) throw new KubeNovaError("KN-1134", "The invitation is accepted already.");
  const after = { ...before, revokedAt: before.revokedAt ?? call.now };
  const answer = { status: 200, body: invitationJson(after, call.now) };
  if (before.revokedAt !== null) return call.commit({ db, statements: [], events: [], answer });
  return call.commit({
    db,
    statements: revokeInvitation(db, before.id, call.now),
    events: [
      accessEvent(before.tenantId, `invitation/${before.id}`, "invitation-revoked", {
        before: invitationEventState(before),
      }),
    ],
    answer,
  });
}
