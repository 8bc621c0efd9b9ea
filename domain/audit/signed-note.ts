import { fromBase64, hex, toBase64 } from "./bytes.ts";

/** Signed notes (c2sp.org/signed-note) with Ed25519 keys. */

const ED25519 = 0x01;
const KEY_ID_BYTES = 4;
const SIGNATURE_LINE = /^\u2014 (\S+) (\S+)$/;
/** Enough for a ring of keys; a note with more is none of ours. */
const MAX_SIGNATURES = 32;

/** A public key under the name that it signs with. */
export interface Verifier {
  name: string;
  /** 32 bytes. */
  publicKey: Uint8Array<ArrayBuffer>;
}

export interface NoteSignature {
  name: string;
  /** The key's id: 4 bytes, in hex. */
  keyId: string;
  signature: Uint8Array<ArrayBuffer>;
}

export interface SignedNote {
  /** With its last newline: what was signed. */
  text: string;
  signatures: NoteSignature[];
}

const utf8 = (text: string) => Uint8Array.from(new TextEncoder().encode(text));

/** SHA-256(name ‖ 0x0A ‖ 0x01 ‖ public key), the first 4 bytes of it. */
async function keyIdOf({ name, publicKey }: Verifier): Promise<Uint8Array> {
  const bytes = new Uint8Array([...utf8(name), 0x0a, ED25519, ...publicKey]);
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).slice(0, KEY_ID_BYTES);
}

/** `<name>+<key id>+<base64(0x01 ‖ public key)>`, as Go's note package writes a verifier's key. */
export async function formatVerifier(verifier: Verifier): Promise<string> {
  const key = toBase64(new Uint8Array([ED25519, ...verifier.publicKey]));
  return `${verifier.name}+${hex(await keyIdOf(verifier))}+${key}`;
}

/** @returns undefined where it is no Ed25519 verifier's key, or its id is not that of its key */
export async function parseVerifier(text: string): Promise<Verifier | undefined> {
  const [, name = "", keyId, encoded = ""] = /^([^\s+]+)\+([0-9a-f]{8})\+(\S+)$/.exec(text) ?? [];
  const key = fromBase64(encoded);
  if (key?.length !== 33 || key[0] !== ED25519) return undefined;
  const verifier = { name, publicKey: key.slice(1) };
  return hex(await keyIdOf(verifier)) === keyId ? verifier : undefined;
}

export interface Signer extends Verifier {
  /** Ed25519 (RFC 8032). */
  sign(bytes: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer>;
}

/** @param text ends with a newline */
export async function signNote(text: string, signers: readonly Signer[]): Promise<string> {
  const lines = signers.map(async (signer) => {
    const signature = new Uint8Array(await signer.sign(utf8(text)));
    const bytes = new Uint8Array([...(await keyIdOf(signer)), ...signature]);
    return `\u2014 ${signer.name} ${toBase64(bytes)}\n`;
  });
  return `${text}\n${(await Promise.all(lines)).join("")}`;
}

/** @returns undefined where it is no signed note */
export function parseNote(note: string): SignedNote | undefined {
  const at = note.lastIndexOf("\n\n");
  if (at < 0 || !note.endsWith("\n")) return undefined;
  const lines = note.slice(at + 2, -1).split("\n");
  if (lines.length > MAX_SIGNATURES) return undefined;
  const signatures: NoteSignature[] = [];
  for (const line of lines) {
    const [, name = "", encoded = ""] = SIGNATURE_LINE.exec(line) ?? [];
    const bytes = fromBase64(encoded);
    if (!name || !bytes || bytes.length <= KEY_ID_BYTES) return undefined;
    const keyId = hex(bytes.slice(0, KEY_ID_BYTES));
    signatures.push({ name, keyId, signature: bytes.slice(KEY_ID_BYTES) });
  }
  return { text: note.slice(0, at + 1), signatures };
}

/** `good`: one of the keys signed it, `bad`: one of them is said to have, and has not, `unknown`: only others did. */
export type SignatureState = "good" | "bad" | "unknown";

/** Whether a note is signed by one of the keys. What is signed by others is no concern of whoever does not know them. */
export async function signatureState(
  note: SignedNote,
  verifiers: readonly Verifier[],
): Promise<SignatureState> {
  let state: SignatureState = "unknown";
  for (const verifier of verifiers) {
    const keyId = hex(await keyIdOf(verifier));
    for (const each of note.signatures) {
      if (each.name !== verifier.name || each.keyId !== keyId) continue;
      const key = await crypto.subtle.importKey("raw", verifier.publicKey, "Ed25519", false, ["verify"]);
      if (!(await crypto.subtle.verify("Ed25519", key, each.signature, utf8(note.text)))) return "bad";
      state = "good";
    }
  }
  return state;
}
