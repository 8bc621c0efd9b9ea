/** What stands before the 32 bytes of an Ed25519 seed in PKCS #8 (RFC 8410, section 7). */
const PKCS8_PREFIX = [
  0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];

/** An Ed25519 key by its seed of 32 bytes: the key to sign with, and the public one, base64url. */
export async function ed25519Pair(seed: Uint8Array): Promise<{ privateKey: CryptoKey; x: string }> {
  const pkcs8 = new Uint8Array([...PKCS8_PREFIX, ...seed]);
  const readable = await crypto.subtle.importKey("pkcs8", pkcs8, "Ed25519", true, ["sign"]);
  const { x } = (await crypto.subtle.exportKey("jwk", readable)) as JsonWebKey;
  const privateKey = await crypto.subtle.importKey("pkcs8", pkcs8, "Ed25519", false, ["sign"]);
  return { privateKey, x: x ?? "" };
}
