import { formatVerifier, type Signer } from "../../domain/audit/signed-note.ts";
import type { Env } from "../env.ts";
import { ed25519Pair } from "../keys/ed25519.ts";
import { type DerivedKey, deriveKey } from "../keys/ring.ts";

/** Names the use of the ring's keys that sign checkpoints; another version would be other keys. */
const USE = "audit-checkpoint/v1";

/** Stands in the origin where the installation names no public host. */
const NO_HOST = "kubenova.invalid";

export interface LogKey extends Signer {
  /** The ring's primary signs what is to last; the others sign along, so that a rotation is continuous. */
  primary: boolean;
  /** As auditors keep it: `<name>+<key id>+<key>`. */
  verifier: string;
}

/** What a log's checkpoints begin with, and the name of the keys that sign them: `<host>/audit/<log>`. */
export const originOf = (env: Env, log: string): string =>
  `${env.PUBLIC_HOSTS?.split(",")[0]?.trim().toLowerCase() || NO_HOST}/audit/${log}`;

/** Keys of the ring that this isolate saw last. */
let known: { ring: readonly DerivedKey[]; pairs: Promise<Omit<LogKey, "name" | "verifier">[]> } | undefined;

/** One key an entry of the ring, under a log's origin. @throws KubeNovaError KN-1901 where there is no ring */
export async function logKeys(env: Env, origin: string): Promise<LogKey[]> {
  const ring = await deriveKey(env, USE);
  if (known?.ring !== ring) known = { ring, pairs: Promise.all(ring.map(pairOf)) };
  const pairs = await known.pairs;
  return Promise.all(
    pairs.map(async (pair) => ({
      ...pair,
      name: origin,
      verifier: await formatVerifier({ name: origin, publicKey: pair.publicKey }),
    })),
  );
}

async function pairOf({ bytes, primary }: DerivedKey) {
  const { privateKey, x } = await ed25519Pair(bytes);
  const binary = atob(x.replaceAll("-", "+").replaceAll("_", "/"));
  const sign = (text: Uint8Array<ArrayBuffer>) => crypto.subtle.sign("Ed25519", privateKey, text);
  return { sign, primary, publicKey: Uint8Array.from(binary, (char) => char.charCodeAt(0)) };
}
