import { errors, jwtVerify, SignJWT } from "jose";
import { ANONYMOUS, type Principal } from "../../domain/access/index.ts";
import { KubeNovaError } from "../../domain/errors/index.ts";
import type { Env } from "../env.ts";
import { newUlid } from "../ids.ts";
import { checkConfiguration } from "./configuration.ts";

/** Short, since a token is not looked up and so cannot be taken back. */
export const TOKEN_TTL_SECONDS = 15 * 60;

const ISSUER = "kubenova";
const AUDIENCE = "kubenova-api";
const ALGORITHM = "HS256";
const ADMIN_SUBJECT = "platform-admin";

/** Keys derived in this isolate, by the secret that they come from. */
const derived = new Map<string, Promise<CryptoKey>>();

function signingKey(env: Env): Promise<CryptoKey> {
  checkConfiguration(env);
  const secret = env.PLATFORM_ADMIN_KEY;
  let key = derived.get(secret);
  if (!key) {
    key = deriveKey(secret);
    derived.set(secret, key);
  }
  return key;
}

/** HKDF-SHA-256: the administrator's key itself signs nothing. */
async function deriveKey(secret: string): Promise<CryptoKey> {
  const encode = (text: string) => new TextEncoder().encode(text);
  const base = await crypto.subtle.importKey("raw", encode(secret), "HKDF", false, ["deriveKey"]);
  return crypto.subtle.deriveKey(
    { name: "HKDF", hash: "SHA-256", salt: encode(ISSUER), info: encode("access-token/v1") },
    base,
    { name: "HMAC", hash: "SHA-256", length: 256 },
    false,
    ["sign", "verify"],
  );
}

export interface AccessToken {
  token: string;
  /** Milliseconds since 1970. */
  expiresAt: number;
}

/** A token for the platform administrator. */
export async function mintToken(env: Env, now: number): Promise<AccessToken> {
  const issued = Math.floor(now / 1000);
  const token = await new SignJWT({})
    .setProtectedHeader({ alg: ALGORITHM, typ: "JWT" })
    .setSubject(ADMIN_SUBJECT)
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setIssuedAt(issued)
    .setExpirationTime(issued + TOKEN_TTL_SECONDS)
    .setJti(newUlid(now))
    .sign(await signingKey(env));
  return { token, expiresAt: (issued + TOKEN_TTL_SECONDS) * 1000 };
}

/** Tokens of a busy isolate's callers; the oldest gives way. */
const MAX_REMEMBERED = 1_000;

interface Verified {
  principal: Principal;
  /** The secret that it was verified with: another one knows nothing of it. */
  secret: string;
  /** Milliseconds since 1970. */
  expiresAt: number;
}

/** Whole tokens whose signature was verified in this isolate: a caller's next request is as good until it expires. */
const verified = new Map<string, Verified>();

/** Who a token speaks for. @throws KubeNovaError KN-1100, KN-1101 */
export async function verifyToken(env: Env, token: string, now: number): Promise<Principal> {
  const known = verified.get(token);
  if (known && known.secret === env.PLATFORM_ADMIN_KEY && now < known.expiresAt) return known.principal;
  const found = await verifySignature(env, token, now);
  const [oldest] = verified.keys();
  if (verified.size >= MAX_REMEMBERED && oldest !== undefined) verified.delete(oldest);
  verified.set(token, { ...found, secret: env.PLATFORM_ADMIN_KEY });
  return found.principal;
}

async function verifySignature(env: Env, token: string, now: number): Promise<Omit<Verified, "secret">> {
  const key = await signingKey(env);
  try {
    const { payload } = await jwtVerify(token, key, {
      algorithms: [ALGORITHM],
      issuer: ISSUER,
      audience: AUDIENCE,
      requiredClaims: ["exp", "sub", "jti"],
      currentDate: new Date(now),
    });
    return {
      principal: payload.sub === ADMIN_SUBJECT ? { kind: "platform-admin", id: ADMIN_SUBJECT } : ANONYMOUS,
      expiresAt: (payload.exp ?? 0) * 1000,
    };
  } catch (error) {
    throw new KubeNovaError(error instanceof errors.JWTExpired ? "KN-1101" : "KN-1100");
  }
}

/** Whether a key is the platform administrator's, in a time that does not tell how much of it was right. */
export async function isAdminKey(env: Env, given: string): Promise<boolean> {
  checkConfiguration(env);
  const digest = async (text: string) =>
    new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  const [a, b] = await Promise.all([digest(given), digest(env.PLATFORM_ADMIN_KEY)]);
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0);
  return difference === 0;
}
