import type { AuditActor } from "../../domain/audit/entry.ts";
import type { Answer, Call } from "../routing/call.ts";
import { directory } from "../store/database.ts";
import { guardOne } from "../store/rows.ts";
import { endSession, type OwnedSession } from "../store/sessions.ts";

type Because = "logout" | "revoked" | "reuse";

/** Ends a login: its refresh tokens are worth nothing, and its access tokens are refused from the next request on. */
export async function endLogin(
  call: Call,
  { session }: Pick<OwnedSession, "session">,
  because: Because,
  answer: Answer,
  actor: AuditActor = { kind: "user", id: session.userId, sessionId: session.id },
): Promise<Answer> {
  const db = directory(call.env);
  return call.commit({
    db,
    statements: [endSession(db, session.id, because, call.now), guardOne(db)],
    events: [
      {
        type: "evt.access.changed",
        tenantId: session.tenantId,
        subject: `session/${session.id}`,
        data: {
          kind: "session-ended",
          before: { userId: session.userId, providerId: session.providerId },
          after: { userId: session.userId, providerId: session.providerId, endedBecause: because },
        },
      },
    ],
    answer,
    ...(because === "reuse" ? { secretReference: `session/${session.id}` } : {}),
    audit: { actor, reason: because },
  });
}

/** A token that was used up came again. Who already ended it did what is to be done. */
export async function endForReuse(call: Call, presented: OwnedSession): Promise<void> {
  if (presented.session.endedAt !== null) return;
  await call.read(directory(call.env), []);
  await endLogin(call, presented, "reuse", { status: 401 });
}
