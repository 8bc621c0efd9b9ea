import { fromBase64Url, toBase64Url } from "../encoding/base64url.ts";
import { idPattern } from "../ids/index.ts";

/** Format and cipher of what is sealed: XAES-256-GCM. Another one is another version. */
export const SEALED_VERSION = "kn1";
/** XAES-256-GCM's: random, and large enough that it may be. */
export const NONCE_BYTES = 24;
/** AES-GCM's. */
export const TAG_BYTES = 16;
/** What is sealed are keys, tokens and passwords; larger things have a key of their own, which is sealed. */
export const MAX_PLAINTEXT_BYTES = 64 * 1024;

/** What a secret belongs to. It is not in the sealed text, but opens with no other. */
export interface Where {
  /** Null for what belongs to the platform. */
  tenantId: string | null;
  /** What it is for: `<kind>.<field>`, as in worker/store/sealed-columns.ts. */
  purpose: string;
  /** Of the object that holds it. */
  id: string;
}

/** A sealed text in its parts. */
export interface Sealed {
  /** Id of the data key. */
  dataKeyId: string;
  nonce: Uint8Array<ArrayBuffer>;
  /** Ciphertext, with its tag at its end. */
  ciphertext: Uint8Array<ArrayBuffer>;
}

/** `kn1.<data key id>.<base64url of nonce, ciphertext and tag>` */
export function encodeSealed({ dataKeyId, nonce, ciphertext }: Sealed): string {
  const bytes = new Uint8Array(nonce.length + ciphertext.length);
  bytes.set(nonce);
  bytes.set(ciphertext, nonce.length);
  return `${SEALED_VERSION}.${dataKeyId}.${toBase64Url(bytes)}`;
}

/** @returns undefined where it is no sealed text, or not its one form */
export function decodeSealed(text: string): Sealed | undefined {
  const [version, dataKeyId = "", encoded = "", ...more] = text.split(".");
  if (version !== SEALED_VERSION || more.length > 0 || !idPattern("dataKey").test(dataKeyId))
    return undefined;
  try {
    const bytes = fromBase64Url(encoded);
    if (bytes.length < NONCE_BYTES + TAG_BYTES) return undefined;
    return { dataKeyId, nonce: bytes.slice(0, NONCE_BYTES), ciphertext: bytes.slice(NONCE_BYTES) };
  } catch {
    return undefined;
  }
}

/**
 * Associated data: the parts one after the other, each behind its length in 4 bytes, most significant first, or behind
 * 0xffffffff and nothing where it is null. So no two lists of parts have the same bytes, wherever a part ends.
 * @throws TypeError where a part holds half of a surrogate pair: UTF-8 has no bytes for it
 */
export function boundTo(parts: readonly (string | null)[]): Uint8Array<ArrayBuffer> {
  const encoded = parts.map((part) => {
    if (part !== null && !part.isWellFormed()) throw new TypeError("half of a surrogate pair");
    return part === null ? undefined : new TextEncoder().encode(part);
  });
  const bytes = new Uint8Array(encoded.reduce((sum, part) => sum + 4 + (part?.length ?? 0), 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const part of encoded) {
    view.setUint32(at, part?.length ?? 0xffffffff);
    bytes.set(part ?? [], at + 4);
    at += 4 + (part?.length ?? 0);
  }
  return bytes;
}

/** What a sealed text is bound to: its place, its data key and the version of its format. */
export const sealedBound = (dataKeyId: string, { tenantId, purpose, id }: Where): Uint8Array<ArrayBuffer> =>
  boundTo([SEALED_VERSION, dataKeyId, tenantId, purpose, id]);
