import { z } from "zod";
import { KubeNovaError } from "../../../domain/errors/index.ts";
import { expiryOf } from "../../../domain/identity/refresh.ts";
import { refreshCookie } from "../../login/cookies.ts";
import { givenToken, type PresentedSession, presentedSession, successorOf } from "../../login/credential.ts";
import { sessionDenied, strangerDenied } from "../../login/denied.ts";
import { endForReuse } from "../../login/ending.ts";
import { tokensOf } from "../../login/session.ts";
import type { Call } from "../../routing/call.ts";
import { LostRace } from "../../routing/call-input.ts";
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
    const given = givenToken(call, call.body?.refreshToken);
    for (let left = TRIES; left > 0; left--) {
      const presented = await presentedSession(call.env, given.token, call.now);
      if (!presented) throw strangerDenied(call, noToken(), "session/unknown");
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

const noToken = () => new KubeNovaError("KN-1100", "That is no refresh token of this manager.");

/** @returns undefined where another use of the token came first @throws KubeNovaError KN-1103, KN-1111, KN-1112 */
async function nextToken(call: Call, presented: PresentedSession) {
  const { session, user, decision } = presented;
  if (decision === "reused") {
    await endForReuse(call, presented);
    throw new KubeNovaError("KN-1112");
  }
  if (decision === "ended") throw sessionDenied(call, new KubeNovaError("KN-1111"), presented);
  if (user.disabled) throw sessionDenied(call, new KubeNovaError("KN-1103"), presented);
  if (decision === "repeat") {
    const token = await successorOf(call.env, presented);
    if (token === undefined) throw sessionDenied(call, new KubeNovaError("KN-1111"), presented);
    return { session, token };
  }
  return rotated(call, presented);
}

/**
 * New tokens are an entry of the audit log, in the batch that makes them; a successor that is given again is none.
 * @returns undefined where another use of the token came first
 */
async function rotated(call: Call, { session }: PresentedSession) {
  const { text, hash } = await mintRefreshToken(call.env, session.id, session.generation + 1);
  const expiresAt = expiryOf(session.createdAt, call.now);
  const db = directory(call.env);
  try {
    await call.commit({
      db,
      statements: rotate(db, session, { refreshHash: hash, expiresAt, now: call.now }),
      events: [],
      answer: { status: 200 },
      ignoresKey: true,
      audit: {
        action: "refresh",
        object: `session/${session.id}`,
        tenantId: session.tenantId,
        actor: { kind: "user", id: session.userId, sessionId: session.id },
      },
    });
  } catch (error) {
    if (error instanceof LostRace) return undefined;
    throw error;
  }
  return { session: { ...session, expiresAt }, token: text };
}
