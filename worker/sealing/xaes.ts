/**
 * XAES-256-GCM (C2SP, https://c2sp.org/XAES-256-GCM): each message has an AES-256-GCM key of its own, derived from the
 * key and half of a 192-bit nonce by CMAC in counter mode (NIST SP 800-108). So a nonce may be random: 2^80 messages
 * of one key meet with a probability of 2^-32, where plain AES-GCM has to count them and stop at 2^32.
 */
const BLOCK_BYTES = 16;
const HALF_NONCE_BYTES = 12;
/** x^128 + x^7 + x^2 + x + 1 of CMAC (NIST SP 800-38B), without its highest term. */
const REDUCTION = 0x87;

/** A 256-bit key, made ready once for many messages. */
export interface XaesKey {
  readonly aes: CryptoKey;
  /** K1 of CMAC, which every derivation starts from. */
  readonly k1: Uint8Array<ArrayBuffer>;
}

/** @param bytes 32; the caller may wipe them afterwards */
export async function importXaesKey(bytes: Uint8Array<ArrayBuffer>): Promise<XaesKey> {
  if (bytes.length !== 32) throw new TypeError("a key of XAES-256-GCM has 32 bytes");
  const aes = await crypto.subtle.importKey("raw", bytes, "AES-CBC", false, ["encrypt"]);
  const zero = new Uint8Array(BLOCK_BYTES);
  return { aes, k1: doubled(await encryptBlock(aes, zero, zero)) };
}

/** @param nonce 24 random bytes, never used twice @returns the ciphertext, with its tag of 16 bytes at its end */
export async function xaesSeal(
  key: XaesKey,
  nonce: Uint8Array<ArrayBuffer>,
  plaintext: Uint8Array<ArrayBuffer>,
  additionalData: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const iv = nonce.slice(HALF_NONCE_BYTES);
  const derived = await deriveKey(key, nonce, "encrypt");
  return new Uint8Array(
    await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData }, derived, plaintext),
  );
}

/** @throws where any of them is not as it was sealed */
export async function xaesOpen(
  key: XaesKey,
  nonce: Uint8Array<ArrayBuffer>,
  ciphertext: Uint8Array<ArrayBuffer>,
  additionalData: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const iv = nonce.slice(HALF_NONCE_BYTES);
  const derived = await deriveKey(key, nonce, "decrypt");
  return new Uint8Array(
    await crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData }, derived, ciphertext),
  );
}

/** Two blocks of CMAC over `0 counter "X" 0 nonce[:12]`, each one block long, so that a CMAC is one encryption. */
async function deriveKey(
  { aes, k1 }: XaesKey,
  nonce: Uint8Array,
  use: "encrypt" | "decrypt",
): Promise<CryptoKey> {
  const half = nonce.subarray(0, HALF_NONCE_BYTES);
  const block = (counter: number) => encryptBlock(aes, k1, new Uint8Array([0, counter, 0x58, 0, ...half]));
  const bytes = new Uint8Array(2 * BLOCK_BYTES);
  bytes.set(await block(1));
  bytes.set(await block(2), BLOCK_BYTES);
  return crypto.subtle.importKey("raw", bytes, "AES-GCM", false, [use]);
}

/** AES of `mask XOR block`: the first block of CBC with the mask in the place of the IV. */
async function encryptBlock(
  aes: CryptoKey,
  mask: Uint8Array<ArrayBuffer>,
  block: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.encrypt({ name: "AES-CBC", iv: mask }, aes, block)).slice(
    0,
    BLOCK_BYTES,
  );
}

/** Times x in GF(2^128). */
function doubled(block: Uint8Array): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(BLOCK_BYTES);
  let carry = 0;
  for (let at = BLOCK_BYTES - 1; at >= 0; at--) {
    const byte = block[at] ?? 0;
    result[at] = (byte << 1) | carry;
    carry = byte >> 7;
  }
  result[BLOCK_BYTES - 1] = (result[BLOCK_BYTES - 1] ?? 0) ^ (carry * REDUCTION);
  return result;
}
