import type { AuditActor } from "../../domain/audit/entry.ts";
import type { Answer, Call } from "../routing/call.ts";
import { directory } from "../store/database.ts";
import type { NewEvent } from "../store/events.ts";
import { guardOne } from "../store/rows.ts";
import {
  type EndedBecause,
  endSession,
  findSurplusSessions,
  type OwnedSession,
  type Session,
  sessionsOf,
} from "../store/sessions.ts";

/** Ends a login: its refresh tokens are worth nothing, and its access tokens are refused from the next request on. */
export async function endLogin(
  call: Call,
  { session }: Pick<OwnedSession, "session">,
  because: EndedBecause,
  answer: Answer,
  actor: AuditActor = { kind: "user", id: session.userId, sessionId: session.id },
): Promise<Answer> {
  const db = directory(call.env);
  return call.commit({
    db,
    ...ending(call, session, because),
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

/** What a login's commit has to do besides, so that a user has no more of them than he may. */
export interface RoomMade {
  statements: D1PreparedStatement[];
  events: NewEvent[];
  /** For the login's entry in the audit log; empty where none ended. */
  reason: string;
}

/** Ends the oldest logins of a user where there would be one too many, with the commit that makes the new one. */
export async function makeRoom(
  call: Pick<Call, "env" | "now">,
  session: Pick<Session, "userId" | "tenantId">,
): Promise<RoomMade> {
  const { results } = await findSurplusSessions(directory(call.env), session, call.now).all();
  const surplus = sessionsOf(results);
  const endings = surplus.map((each) => ending(call, each, "too-many"));
  return {
    statements: endings.flatMap(({ statements }) => statements),
    events: endings.flatMap(({ events }) => events),
    reason: surplus.map(({ id }) => `, ends ${id}: too many logins`).join(""),
  };
}

function ending({ env, now }: Pick<Call, "env" | "now">, session: Session, because: EndedBecause) {
  const db = directory(env);
  const { id, userId, providerId, tenantId } = session;
  const event: NewEvent = {
    type: "evt.access.changed",
    tenantId,
    subject: `session/${id}`,
    data: {
      kind: "session-ended",
      before: { userId, providerId },
      after: { userId, providerId, endedBecause: because },
    },
  };
  return { statements: [endSession(db, id, because, now), guardOne(db)], events: [event] };
}
