import { calculateJwkThumbprint, type JWK } from "jose";
import type { Env } from "../env.ts";
import { ed25519Pair } from "../keys/ed25519.ts";
import { type DerivedKey, deriveKey } from "../keys/ring.ts";

/** Names the use of the ring's keys that sign access tokens; another version would be other keys. */
const USE = "token-signing/v1";

/** Of the ring's entries each gives one Ed25519 key: the primary one signs, all verify. */
export interface SigningKeys {
  primary: { kid: string; privateKey: CryptoKey };
  /** Public keys by the `kid` of a token's header. */
  verifying: ReadonlyMap<string, CryptoKey>;
  /** RFC 7517: what others verify our tokens with. */
  jwks: { keys: JWK[] };
}

/** Keys of the ring that this isolate saw last. Another ring is another deployment, so one is enough. */
let known: { ring: readonly DerivedKey[]; keys: Promise<SigningKeys> } | undefined;

/** @throws KubeNovaError KN-1901 where there is no ring */
export async function signingKeys(env: Env): Promise<SigningKeys> {
  const ring = await deriveKey(env, USE);
  if (known?.ring !== ring) known = { ring, keys: makeKeys(ring) };
  return known.keys;
}

async function makeKeys(ring: readonly DerivedKey[]): Promise<SigningKeys> {
  const pairs = await Promise.all(ring.map(async (entry) => ({ entry, ...(await keyPair(entry.bytes)) })));
  const primary = pairs.find(({ entry }) => entry.primary);
  if (!primary) throw new Error("a ring has one primary key");
  return {
    primary: { kid: primary.kid, privateKey: primary.privateKey },
    verifying: new Map(pairs.map(({ kid, publicKey }) => [kid, publicKey])),
    jwks: { keys: pairs.map(({ jwk }) => jwk) },
  };
}

/** The `kid` is the public key's thumbprint (RFC 7638), which tells nothing of the ring's own ids. */
async function keyPair(seed: Uint8Array) {
  const { x, privateKey } = await ed25519Pair(seed);
  const open: JWK = { kty: "OKP", crv: "Ed25519", x };
  const [kid, publicKey] = await Promise.all([
    calculateJwkThumbprint(open),
    crypto.subtle.importKey("jwk", open as JsonWebKey, "Ed25519", false, ["verify"]),
  ]);
  return { kid, publicKey, privateKey, jwk: { ...open, kid, use: "sig", alg: "EdDSA" } };
}
