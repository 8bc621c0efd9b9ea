import { z } from "zod";
import { KubeNovaError } from "../../../domain/errors/index.ts";
import { endLogin } from "../../login/ending.ts";
import { defineRoute } from "../../routing/define.ts";
import { directory } from "../../store/database.ts";
import { findSession, ownedSession } from "../../store/sessions.ts";
import { sessionIdParam } from "./schema.ts";
import { callingUser, isInReach } from "./sessions.ts";

export const revokeMySession = defineRoute({
  method: "delete",
  path: "/api/v1/me/sessions/{session}",
  operationId: "revokeMySession",
  tag: "me",
  summary: "End one of one's own logins",
  description:
    "Its access tokens are refused at once, its refresh tokens too. One that has ended already is no error.",
  action: "self",
  params: z.strictObject({ session: sessionIdParam }),
  answers: { 204: { description: "The login has ended." } },
  async handler(call) {
    const db = directory(call.env);
    const [rows] = await call.read(db, [findSession(db, call.params.session)]);
    call.authorize({});
    const user = callingUser(call);
    const found = ownedSession(rows?.results[0]);
    if (found?.user.id !== user.id || !isInReach(call, found.session))
      throw new KubeNovaError("KN-1200", "You have no such login.");
    if (found.session.endedAt !== null)
      return call.commit({ db, statements: [], events: [], answer: { status: 204 } });
    const actor = { kind: "user", id: user.id, ...(user.sessionId ? { sessionId: user.sessionId } : {}) };
    return endLogin(call, found, "revoked", { status: 204 }, actor);
  },
});
