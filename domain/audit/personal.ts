import { fromBase64Url, toBase64Url } from "../encoding/base64url.ts";
import { NONCE_BYTES, TAG_BYTES } from "../sealing/sealed.ts";
import type { AuditEntry } from "./entry.ts";

/**
 * What an entry tells of a person beyond ids that mean nothing by themselves. In the log it stands sealed, by a key of that
 * person's: once the key is destroyed nobody reads it any more, and every hash over it stays what it is.
 */
export interface PersonalFields {
  /** Network address that the request came from. */
  address?: string | undefined;
}

/** Whose key seals an entry's personal fields: who did it, whether a person or a machine. */
export const personOf = ({ actor }: Pick<AuditEntry, "actor">): string => `${actor.kind}/${actor.id}`;

/**
 * `kp1.…` is sealed with the person's key, as it stands in the log; `kt1.<key of the ring>.…` with the manager's own, as it
 * waits in the outbox for the log to take it.
 */
export type PersonalForm = "kp1" | "kt1";

export interface SealedPersonal {
  /** Of `kt1` the ring's entry; empty in `kp1`. */
  kid: string;
  nonce: Uint8Array<ArrayBuffer>;
  ciphertext: Uint8Array<ArrayBuffer>;
}

export function encodePersonal(form: PersonalForm, { kid, nonce, ciphertext }: SealedPersonal): string {
  const bytes = toBase64Url(new Uint8Array([...nonce, ...ciphertext]));
  return form === "kt1" ? `kt1.${kid}.${bytes}` : `kp1.${bytes}`;
}

/** @returns undefined where it is not of that form */
export function decodePersonal(form: PersonalForm, text: string): SealedPersonal | undefined {
  const parts = text.split(".");
  const encoded = parts.at(-1) ?? "";
  if (parts[0] !== form || parts.length !== (form === "kt1" ? 3 : 2)) return undefined;
  try {
    const bytes = fromBase64Url(encoded);
    if (bytes.length < NONCE_BYTES + TAG_BYTES) return undefined;
    const kid = form === "kt1" ? (parts[1] ?? "") : "";
    return { kid, nonce: bytes.slice(0, NONCE_BYTES), ciphertext: bytes.slice(NONCE_BYTES) };
  } catch {
    return undefined;
  }
}

/** The entry as it may stand in a log, wherever it came from: what is personal is sealed by its person's key, or not there. */
export function onlySealed<E extends AuditEntry>({ address: _, personal, ...rest }: E): E {
  return (personal?.startsWith("kp1.") ? { ...rest, personal } : rest) as E;
}

/** The entry without its personal fields, and these; undefined where it has none. */
export function splitPersonal<E extends AuditEntry>(
  entry: E,
): { rest: E; personal: PersonalFields | undefined } {
  const { address, ...rest } = entry;
  return { rest: rest as E, personal: address === undefined ? undefined : { address } };
}
