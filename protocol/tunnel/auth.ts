import { fromBase64Url, toBase64Url } from "../../domain/encoding/base64url.ts";

export { fromBase64Url, toBase64Url };

/**
 * What is signed. Each message begins with a label of its own, so that a signature made for one purpose never serves
 * another. The host name in the proof defeats a relay: whoever stands in the middle is dialled under another name.
 */
export interface Proof {
  clusterId: string;
  nonce: string;
  /** host[:port] as dialled, lower case. */
  host: string;
  epochId: string;
  clusterUid: string;
}

const encode = (lines: string[]): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(new TextEncoder().encode(lines.join("\n")));

export const proofMessage = (proof: Proof): Uint8Array<ArrayBuffer> =>
  encode([
    "kubenova-tunnel-hello-v1",
    proof.clusterId,
    proof.nonce,
    proof.host.toLowerCase(),
    proof.epochId,
    proof.clusterUid,
  ]);

/** Signed by the key that enrols: it is held by whoever holds the join token. */
export const enrolMessage = (enrol: {
  tokenId: string;
  publicKey: string;
  clusterUid: string;
  host: string;
}): Uint8Array<ArrayBuffer> =>
  encode(["kubenova-enrol-v1", enrol.tokenId, enrol.publicKey, enrol.clusterUid, enrol.host.toLowerCase()]);

/** Signed by the new key, sent inside a session that the old key opened. */
export const rotationMessage = (rotation: {
  clusterId: string;
  oldPublicKey: string;
  newPublicKey: string;
  session: number;
}): Uint8Array<ArrayBuffer> =>
  encode([
    "kubenova-rotate-v1",
    rotation.clusterId,
    rotation.oldPublicKey,
    rotation.newPublicKey,
    String(rotation.session),
  ]);

/** Verifies an Ed25519 signature; false for a malformed key or signature. */
export async function verifyEd25519(
  publicKey: string,
  signature: string,
  message: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  try {
    const key = await crypto.subtle.importKey("raw", fromBase64Url(publicKey), { name: "Ed25519" }, false, [
      "verify",
    ]);
    return await crypto.subtle.verify({ name: "Ed25519" }, key, fromBase64Url(signature), message);
  } catch {
    return false;
  }
}
