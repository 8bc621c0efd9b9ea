import { limitsOf } from "../../../domain/access/index.ts";
import { KubeNovaError } from "../../../domain/errors/index.ts";
import { selfDenied } from "../../login/denied.ts";
import type { Call } from "../../routing/call.ts";
import { defineRoute } from "../../routing/define.ts";
import { directory } from "../../store/database.ts";
import { listedSession, listSessions, type Session } from "../../store/sessions.ts";
import { mySessionExample, mySessionListSchema, sessionJson } from "./schema.ts";

/**
 * The user that asks.
 * @throws KubeNovaError KN-1102 where it is none, since machines and the administrator have no logins, and for a key of
 *   his that is held to some permissions
 */
export function callingUser(call: Call): { id: string; sessionId?: string } {
  if (call.principal.kind !== "user")
    throw selfDenied(call, new KubeNovaError("KN-1102", "Only a user has logins."));
  if (limitsOf(call.principal).permissions !== undefined)
    throw selfDenied(call, new KubeNovaError("KN-1102"));
  return call.principal;
}

/** What is good for one tenant alone, by a provider of that tenant's, knows nothing of the logins elsewhere. */
export const isInReach = (call: Call, { tenantId }: Session): boolean => {
  const { tenantId: limit } = limitsOf(call.principal);
  return limit === undefined || tenantId === limit;
};

export const listMySessions = defineRoute({
  method: "get",
  path: "/api/v1/me/sessions",
  operationId: "listMySessions",
  tag: "me",
  summary: "List one's own logins",
  action: "self",
  answers: {
    200: {
      description: "Those that have not ended, newest first; a hundred at most.",
      schema: mySessionListSchema,
      example: { items: [mySessionExample] },
    },
  },
  async handler(call) {
    const db = directory(call.env);
    await call.identify();
    call.authorize({});
    const user = callingUser(call);
    const { results } = await listSessions(db, user.id, call.now).all();
    const listed = results.flatMap((row) => listedSession(row) ?? []);
    const shown = listed.filter(({ session }) => isInReach(call, session));
    const items = shown.map(({ session, provider }) => sessionJson(session, provider, user.sessionId));
    return { status: 200, body: { items } };
  },
});
