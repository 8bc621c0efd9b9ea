import { KubeNovaError } from "../../domain/errors/index.ts";
import { judgeRefresh, type RefreshDecision } from "../../domain/identity/refresh.ts";
import type { Env } from "../env.ts";
import { hashSecret, sameHash } from "../keys/secret.ts";
import type { Call } from "../routing/call.ts";
import { directory } from "../store/database.ts";
import { findSession, type OwnedSession, ownedSession } from "../store/sessions.ts";
import { type RefreshToken, readRefreshToken, refreshTokens } from "../tokens/refresh.ts";
import { checkSameOrigin, refreshTokenOf } from "./cookies.ts";

/** A refresh token as it came: in the body from programs, in a cookie from browsers. */
export interface Given {
  token: string;
  byCookie: boolean;
}

/** @throws KubeNovaError KN-1100 where there is none, KN-1117 where another site's page asks */
export function givenToken(call: Pick<Call, "audit" | "request">, inBody: string | undefined): Given {
  if (inBody !== undefined) return { token: inBody, byCookie: false };
  const token = refreshTokenOf(call.request);
  if (token === undefined) throw new KubeNovaError("KN-1100", "No refresh token was given.");
  checkSameOrigin(call);
  return { token, byCookie: true };
}

/** A login whose token was given, and what that token is worth. */
export interface PresentedSession extends OwnedSession {
  token: RefreshToken;
  decision: RefreshDecision;
}

/**
 * Looks a refresh token up.
 *
 * @returns undefined where it is not one that was ever given out: nothing is told, and nothing ends
 */
export async function presentedSession(
  env: Env,
  text: string,
  now: number,
): Promise<PresentedSession | undefined> {
  const token = readRefreshToken(text);
  if (!token) return undefined;
  const db = directory(env);
  const found = ownedSession((await findSession(db, token.sessionId).first()) ?? undefined);
  if (!found || !(await isGenuine(env, found, token))) return undefined;
  return { ...found, token, decision: judgeRefresh(found.session, token.generation, now) };
}

/** The newest is known by its hash. That one was given out before is seen by the key that it was made with. */
async function isGenuine(env: Env, { session }: OwnedSession, token: RefreshToken): Promise<boolean> {
  const hash = await hashSecret(token.text);
  if (token.generation === session.generation) return sameHash(hash, session.refreshHash);
  const made = await refreshTokens(env, token.sessionId, token.generation);
  const hashes = await Promise.all(made.map(hashSecret));
  return hashes.some((each) => sameHash(each, hash));
}

/** The newest token again, for a client that lost it; undefined where the key that made it is in the ring no more. */
export async function successorOf(env: Env, { session }: OwnedSession): Promise<string | undefined> {
  const made = await refreshTokens(env, session.id, session.generation);
  for (const text of made) if (sameHash(await hashSecret(text), session.refreshHash)) return text;
  return undefined;
}
