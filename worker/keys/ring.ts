import { KubeNovaError } from "../../domain/errors/index.ts";
import { type KeyRing, KeyRingError, parseKeyRing, primaryKey } from "../../domain/keys/ring.ts";
import type { Env } from "../env.ts";

export const MAKE_A_RING = 'echo "k1:$(openssl rand -base64 32)" | npx wrangler secret put KEY_RING';

/** The ring that this isolate read last: its text is parsed once, not in each request. */
let known: { text: string; ring: KeyRing } | undefined;

/** What is wrong with the secret KEY_RING, for people and without a key; undefined where nothing is. */
export function keyRingProblem(env: Env): string | undefined {
  if (!env.KEY_RING) return `the secret KEY_RING is missing: \`${MAKE_A_RING}\``;
  try {
    parsed(env.KEY_RING);
    return undefined;
  } catch (error) {
    if (!(error instanceof KeyRingError)) throw error;
    return `the secret KEY_RING is not a ring of keys, ${error.message}: docs/deploy.md tells its form`;
  }
}

/** @throws KubeNovaError KN-1901 with what to do, and without a key */
export function keyRing(env: Env): KeyRing {
  const problem = keyRingProblem(env);
  if (problem) throw new KubeNovaError("KN-1901", `The manager is not set up: ${problem}.`);
  return parsed(env.KEY_RING);
}

function parsed(text: string): KeyRing {
  if (known?.text !== text) known = { text, ring: parseKeyRing(text) };
  return known.ring;
}

/** A secret that comes from one entry of the ring, for one use. */
export interface DerivedKey {
  /** Id of the ring's entry: a signature or a sealed thing names it, so that it is found again after a rotation. */
  kid: string;
  /** New things are made with this one; with the others only what is there is verified or opened. */
  primary: boolean;
  /** 32 bytes. */
  bytes: Uint8Array<ArrayBuffer>;
}

/** One a use and ring: a handful. What is beyond is a use that was made of what somebody sent. */
const MAX_DERIVED = 64;
const derived = new Map<string, Promise<readonly DerivedKey[]>>();

/**
 * A secret for one use from each entry of the ring, in its order, by HKDF-SHA-256 (RFC 5869) with the salt "kubenova":
 * the ring's keys themselves sign and seal nothing, and what one use leaks tells nothing of another's.
 * @param info the use and its version, such as `access-token/v2`: a constant, never anything of a request
 * @throws KubeNovaError KN-1901 where there is no ring
 */
export function deriveKey(env: Env, info: string): Promise<readonly DerivedKey[]> {
  const ring = keyRing(env);
  const name = `${info}\0${env.KEY_RING}`;
  let keys = derived.get(name);
  if (!keys) {
    const primary = primaryKey(ring);
    keys = Promise.all(
      ring.map(async (key) => ({
        kid: key.id,
        primary: key === primary,
        bytes: await hkdf(key.bytes, info),
      })),
    );
    const [oldest] = derived.keys();
    if (derived.size >= MAX_DERIVED && oldest !== undefined) derived.delete(oldest);
    derived.set(name, keys);
  }
  return keys;
}

async function hkdf(secret: Uint8Array<ArrayBuffer>, info: string): Promise<Uint8Array<ArrayBuffer>> {
  const encode = (text: string) => new TextEncoder().encode(text);
  const base = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveBits"]);
  const how = { name: "HKDF", hash: "SHA-256", salt: encode("kubenova"), info: encode(info) };
  return new Uint8Array(await crypto.subtle.deriveBits(how, base, 256));
}
