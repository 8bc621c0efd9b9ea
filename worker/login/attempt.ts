import { toBase64Url } from "../../domain/encoding/base64url.ts";
import { hashSecret } from "../keys/secret.ts";
import type { Proof } from "../oidc/login.ts";

import { clearCookie, cookieOf, setCookie } from "./cookies.ts";

/** A person has this long at his provider. */
export const ATTEMPT_TTL_MS = 10 * 60 * 1000;

const SECRET_BYTES = 32;
const STATE = /^[A-Za-z0-9_-]{43}$/;

/**
 * A login under way. All of its proof comes from one secret that stands in a cookie of the browser that began it, and
 * nowhere else: of the database's row, which is used once, nobody can finish a login.
 */
export interface Attempt {
  proof: Proof;
  /** What the row is found by. */
  stateHash: string;
  cookie: string;
}

export async function beginAttempt(): Promise<Attempt> {
  const secret = toBase64Url(crypto.getRandomValues(new Uint8Array(SECRET_BYTES)));
  const proof = await proofOf(secret);
  const cookie = setCookie(cookieName(proof.state), secret, ATTEMPT_TTL_MS / 1000);
  return { proof, stateHash: await hashSecret(proof.state), cookie };
}

/** The attempt that this browser began with that state; undefined where it did not. */
export async function attemptOf(request: Request, state: string | null): Promise<Attempt | undefined> {
  if (state === null || !STATE.test(state)) return undefined;
  const name = cookieName(state);
  const secret = cookieOf(request, name);
  if (secret === undefined) return undefined;
  const proof = await proofOf(secret);
  if (proof.state !== state) return undefined;
  return { proof, stateHash: await hashSecret(state), cookie: clearCookie(name) };
}

/** A name for each, so that two logins of one browser do not end each other. */
const cookieName = (state: string): string => `__Host-kubenova-login-${state.slice(0, 12)}`;

async function proofOf(secret: string): Promise<Proof> {
  const part = async (use: string): Promise<string> => {
    const text = new TextEncoder().encode(`kubenova-login/v1/${use}\0${secret}`);
    return toBase64Url(new Uint8Array(await crypto.subtle.digest("SHA-256", text)));
  };
  const [state, nonce, verifier] = await Promise.all([part("state"), part("nonce"), part("verifier")]);
  return { state, nonce, verifier };
}
