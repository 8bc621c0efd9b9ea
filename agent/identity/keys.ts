import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";

/** An Ed25519 key pair of this cluster. The private half leaves the process only into the identity Secret. */
export interface KeyPair {
  /** Raw 32 bytes, base64url. */
  publicKey: string;
  privateKey: KeyObject;
}

export function generateKey(): KeyPair {
  const { privateKey } = generateKeyPairSync("ed25519");
  return pairOf(privateKey);
}

/** PKCS#8 PEM. */
export const exportKey = (pair: KeyPair): string =>
  pair.privateKey.export({ type: "pkcs8", format: "pem" }).toString();

/** @throws where the text is not the PEM of an Ed25519 key */
export function importKey(pem: string): KeyPair {
  const key = createPrivateKey(pem);
  if (key.asymmetricKeyType !== "ed25519") throw new Error("not an Ed25519 key");
  return pairOf(key);
}

/** Signature, base64url. */
export const signWith = (pair: KeyPair, message: Uint8Array): string =>
  sign(null, message, pair.privateKey).toString("base64url");

function pairOf(privateKey: KeyObject): KeyPair {
  const { x } = createPublicKey(privateKey).export({ format: "jwk" });
  if (!x) throw new Error("not an Ed25519 key");
  return { publicKey: x, privateKey };
}
