import { toBase64Url } from "../../domain/encoding/base64url.ts";
import { formatId } from "../../domain/ids/index.ts";
import { hashSecret } from "../keys/secret.ts";
import type { Caller } from "./caller.ts";

const SECRET_BYTES = 32;
const API_KEY = /^kn_([0-7][0-9A-HJKMNP-TV-Z]{25})_([A-Za-z0-9_-]{43})$/;

/** How each key begins: what a scanner of leaked secrets looks for. */
export const API_KEY_PREFIX = "kn_";

export interface NewApiKey {
  /** The whole key, shown once: `kn_<ULID of the id>_<256 random bits, base64url>`. */
  key: string;
  hash: string;
}

/** A fresh secret for a key. @param id of the key: `key_…` */
export async function newApiKey(id: string): Promise<NewApiKey> {
  const bytes = crypto.getRandomValues(new Uint8Array(SECRET_BYTES));
  const secret = toBase64Url(bytes);
  return {
    key: `${API_KEY_PREFIX}${id.slice(id.indexOf("_") + 1)}_${secret}`,
    hash: await hashSecret(secret),
  };
}

/** The caller that a key names; undefined for what has not a key's form. */
export async function apiKeyCaller(text: string): Promise<Caller | undefined> {
  const [, ulid, secret] = API_KEY.exec(text) ?? [];
  if (!ulid || !secret) return undefined;
  return { kind: "api-key", id: formatId("apiKey", ulid), secretHash: await hashSecret(secret) };
}
