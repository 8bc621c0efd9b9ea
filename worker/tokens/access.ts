import { errors, type JWTPayload, jwtVerify, SignJWT } from "jose";
import { KubeNovaError } from "../../domain/errors/index.ts";
import { isId } from "../../domain/ids/index.ts";
import type { Env } from "../env.ts";
import { newUlid } from "../ids.ts";
import { checkConfiguration } from "../middleware/configuration.ts";
import { adminTags, checkBreakGlass } from "./admin-key.ts";
import { signingKeys } from "./signing.ts";

/** Short, since others who verify a token by our public keys cannot see that its session has ended. */
export const TOKEN_TTL_SECONDS = 15 * 60;
export const TOKEN_ISSUER = "kubenova";
export const TOKEN_AUDIENCE = "kubenova-api";

const ALGORITHM = "EdDSA";
const ADMIN_SUBJECT = "platform-admin";
/** Ours have some 500 bytes. What is longer is not looked at. */
const MAX_TOKEN_LENGTH = 2_048;

/** Whom a token speaks for. A user's is worth as much as his session, which the frame reads with each request. */
export type TokenSubject = { kind: "platform-admin" } | { kind: "user"; id: string; sessionId: string };

export interface AccessToken {
  token: string;
  /** Milliseconds since 1970. */
  expiresAt: number;
}

/** A token that is signed by the ring's primary key. */
export async function mintToken(env: Env, subject: TokenSubject, now: number): Promise<AccessToken> {
  const { primary } = await signingKeys(env);
  const issued = Math.floor(now / 1000);
  const claims = subject.kind === "user" ? { sid: subject.sessionId } : { key: (await adminTags(env))[0] };
  const token = await new SignJWT(claims)
    .setProtectedHeader({ alg: ALGORITHM, typ: "JWT", kid: primary.kid })
    .setSubject(subject.kind === "user" ? subject.id : ADMIN_SUBJECT)
    .setIssuer(TOKEN_ISSUER)
    .setAudience(TOKEN_AUDIENCE)
    .setIssuedAt(issued)
    .setExpirationTime(issued + TOKEN_TTL_SECONDS)
    .setJti(newUlid(now))
    .sign(primary.privateKey);
  return { token, expiresAt: (issued + TOKEN_TTL_SECONDS) * 1000 };
}

/** Tokens of a busy isolate's callers; the oldest gives way. */
const MAX_REMEMBERED = 1_000;

interface Verified {
  subject: TokenSubject;
  /** Milliseconds since 1970. */
  expiresAt: number;
}

/**
 * Whole tokens whose signature was verified in this isolate: a caller's next request is as good until it expires. It
 * is of one ring and one administrator's key: where either is another, nothing is remembered.
 */
let remembered = { secrets: "", tokens: new Map<string, Verified>() };

/** Whom a token speaks for. @throws KubeNovaError KN-1100, KN-1101, KN-1110 */
export async function verifyToken(env: Env, token: string, now: number): Promise<TokenSubject> {
  const secrets = `${env.KEY_RING}\0${env.PLATFORM_ADMIN_KEY}`;
  if (remembered.secrets !== secrets) remembered = { secrets, tokens: new Map() };
  const { tokens } = remembered;
  const known = tokens.get(token);
  if (known && now < known.expiresAt) return allowed(env, known.subject);
  const found = await verifySignature(env, token, now);
  const [oldest] = tokens.keys();
  if (tokens.size >= MAX_REMEMBERED && oldest !== undefined) tokens.delete(oldest);
  tokens.set(token, found);
  return allowed(env, found.subject);
}

/** Where the way in is switched off, what came in by it is out. */
function allowed(env: Env, subject: TokenSubject): TokenSubject {
  if (subject.kind === "platform-admin") checkBreakGlass(env);
  return subject;
}

async function verifySignature(env: Env, token: string, now: number): Promise<Verified> {
  checkConfiguration(env);
  if (token.length > MAX_TOKEN_LENGTH) throw new KubeNovaError("KN-1100");
  const { verifying } = await signingKeys(env);
  const keyOf = ({ kid }: { kid?: string }): CryptoKey => {
    const key = verifying.get(kid ?? "");
    if (!key) throw new KubeNovaError("KN-1100");
    return key;
  };
  try {
    const { payload } = await jwtVerify(token, keyOf, {
      algorithms: [ALGORITHM],
      issuer: TOKEN_ISSUER,
      audience: TOKEN_AUDIENCE,
      requiredClaims: ["exp", "iat", "sub", "jti"],
      currentDate: new Date(now),
    });
    return { subject: subjectOf(payload, await adminTags(env)), expiresAt: (payload.exp ?? 0) * 1000 };
  } catch (error) {
    throw new KubeNovaError(error instanceof errors.JWTExpired ? "KN-1101" : "KN-1100");
  }
}

function subjectOf({ sub, sid, key }: JWTPayload, tags: readonly string[]): TokenSubject {
  if (sub === ADMIN_SUBJECT && typeof key === "string" && tags.includes(key))
    return { kind: "platform-admin" };
  if (sub !== undefined && isId("user", sub) && typeof sid === "string" && isId("session", sid)) {
    return { kind: "user", id: sub, sessionId: sid };
  }
  throw new KubeNovaError("KN-1100");
}
