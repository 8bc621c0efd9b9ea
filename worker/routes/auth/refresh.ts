import { z } from "zod";
import { KubeNovaError } from "../../../domain/errors/index.ts";
import { expiryOf } from "../../../domain/identity/refresh.ts";
import { refreshCookie } from "../../login/cookies.ts";
import { givenToken, type PresentedSession, presentedSession, successorOf } from "../../login/credential.ts";
import { endForReuse } from "../../login/ending.ts";
import { tokensOf } from "../../login/session.ts";
import type { Call } from "../../routing/call.ts";
import { defineRoute } from "../../routing/define.ts";
import { directory } from "../../store/database.ts";
import { rotate } from "../../store/sessions.ts";
import { mintRefreshToken } from "../../tokens/refresh.ts";
import { REFRESH_EXAMPLE, refreshTokenSchema, tokensExample, tokensSchema } from "./schema.ts";

/** Who loses against another use of the same token looks again, and finds that one's successor. */
const TRIES = 3;

export const refreshLogin = defineRoute({
  method: "post",
  path: "/api/v1/auth/refresh",
  operationId: "refreshLogin",
  tag: "auth",
  summary: "Exchange a refresh token",
  description:
    "Gives a new access token and a new refresh token; the old one is used up. Programs send it in the body, browsers in their cookie, from a page of this manager. Within 10 seconds the token that was used last gives the same successor again; any other token that was used before ends the whole login.",
  action: "public",
  shield: "refresh",
  body: {
    schema: z.strictObject({ refreshToken: refreshTokenSchema.optional() }).meta({ id: "RefreshRequest" }),
    example: { refreshToken: REFRESH_EXAMPLE },
    optional: true,
  },
  answers: { 200: { description: "The new tokens.", schema: tokensSchema, example: tokensExample } },
  errors: ["KN-1100", "KN-1103", "KN-1111", "KN-1112", "KN-1117"],
  async handler(call) {
    const given = givenToken(call.request, call.body?.refreshToken);
    for (let left = TRIES; left > 0; left--) {
      const presented = await presentedSession(call.env, given.token, call.now);
      if (!presented) throw new KubeNovaError("KN-1100", "That is no refresh token of this manager.");
      const next = await nextToken(call, presented);
      if (next === undefined) continue;
      const { session, token } = next;
      const body = await tokensOf(call, session, given.byCookie ? undefined : token);
      const cookie = refreshCookie(token, session.expiresAt, call.now);
      return { status: 200, body, ...(given.byCookie ? { headers: { "Set-Cookie": cookie } } : {}) };
    }
    throw new KubeNovaError("KN-1305", "The login is being refreshed by others; try again.");
  },
});

/** @returns undefined where another use of the token came first @throws KubeNovaError KN-1103, KN-1111, KN-1112 */
async function nextToken(call: Call, presented: PresentedSession) {
  const { session, user, decision } = presented;
  if (decision === "reused") {
    await endForReuse(call, presented);
    throw new KubeNovaError("KN-1112");
  }
  if (decision === "ended") throw new KubeNovaError("KN-1111");
  if (user.disabled) throw new KubeNovaError("KN-1103");
  if (decision === "repeat") {
    const token = await successorOf(call.env, presented);
    if (token === undefined) throw new KubeNovaError("KN-1111");
    return { session, token };
  }
  const { text, hash } = await mintRefreshToken(call.env, session.id, session.generation + 1);
  const expiresAt = expiryOf(session.createdAt, call.now);
  const isOurs = await rotate(directory(call.env), session, { refreshHash: hash, expiresAt, now: call.now });
  return isOurs ? { session: { ...session, expiresAt }, token: text } : undefined;
}
