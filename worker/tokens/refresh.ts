import { toBase64Url } from "../../domain/encoding/base64url.ts";
import { isId } from "../../domain/ids/index.ts";
import type { Env } from "../env.ts";
import { deriveKey } from "../keys/ring.ts";
import { hashSecret } from "../keys/secret.ts";
import { hmac } from "./hmac.ts";

/** Names the use of the ring's keys. */
const USE = "refresh-token/v1";
const TOKEN = /^knr_([0-9A-Za-z_]{30})\.([1-9][0-9]{0,8})\.([A-Za-z0-9_-]{43})$/;

/** What a refresh token says of itself. */
export interface RefreshToken {
  sessionId: string;
  generation: number;
  text: string;
}

/** @returns undefined for what has not a token's form */
export function readRefreshToken(text: string): RefreshToken | undefined {
  const [, sessionId, generation] = TOKEN.exec(text) ?? [];
  if (!sessionId || !isId("session", sessionId)) return undefined;
  return { sessionId, generation: Number(generation), text };
}

/**
 * The tokens of one login and generation, one by each key of the ring, the primary's first. They come from the ring, so
 * that none is stored, and the one successor of a token can be given again to a client that lost it.
 */
export async function refreshTokens(env: Env, sessionId: string, generation: number): Promise<string[]> {
  const keys = await deriveKey(env, USE);
  const primaryFirst = [...keys].sort((a, b) => Number(b.primary) - Number(a.primary));
  return Promise.all(
    primaryFirst.map(async ({ bytes }) => {
      const mac = await hmac(bytes, `${sessionId}\0${generation}`);
      return `knr_${sessionId}.${generation}.${toBase64Url(mac)}`;
    }),
  );
}

/** A token that is to be given out now, and what is stored of it. */
export async function mintRefreshToken(env: Env, sessionId: string, generation: number) {
  const [text = ""] = await refreshTokens(env, sessionId, generation);
  return { text, hash: await hashSecret(text) };
}
