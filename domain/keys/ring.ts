/** A key-encryption key of the installation; never logged, and in no message. */
export interface RingKey {
  id: string;
  /** 32 bytes. */
  bytes: Uint8Array<ArrayBuffer>;
}

/** Oldest first; the last is the primary: new things are made with it, and old ones still open with the others. */
export type KeyRing = readonly RingKey[];

/** What is wrong with a ring, in words that hold no key: they go to whoever asks /readyz or reads the log. */
export class KeyRingError extends Error {}

const KEY_BYTES = 32;
const ID = /^[a-z0-9-]{1,32}$/;
/** Standard base64 of 32 bytes, in its one form: 43 characters, of which the last has two bits that must be 0. */
const KEY = /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/;

/** More are a sign of rotations that were never ended (docs/operations/key-rotation.md). */
export const MAX_RING_KEYS = 16;

/**
 * Reads `id:base64,id:base64`. White space around an entry is nothing, since shells add line ends.
 * @throws KeyRingError which names an entry by its place until its id is known to be one: a mistyped entry may begin
 * with the key
 */
export function parseKeyRing(text: string): KeyRing {
  const entries = text.split(",").map((entry) => entry.trim());
  if (text.trim() === "") throw new KeyRingError("it is empty");
  if (entries.length > MAX_RING_KEYS) throw new KeyRingError(`it has more than ${MAX_RING_KEYS} entries`);
  const ring: RingKey[] = [];
  for (const [at, entry] of entries.entries()) ring.push(different(ring, parseEntry(entry, at + 1)));
  return ring;
}

function parseEntry(entry: string, place: number): RingKey {
  if (entry === "") throw new KeyRingError(`its entry ${place} is empty`);
  const colon = entry.indexOf(":");
  const id = entry.slice(0, Math.max(colon, 0));
  if (!ID.test(id)) {
    throw new KeyRingError(
      `its entry ${place} does not begin with an id of 1 to 32 of a-z, 0-9 and -, and a colon`,
    );
  }
  const key = entry.slice(colon + 1);
  if (!KEY.test(key)) throw new KeyRingError(`its entry "${id}" is not the base64 of ${KEY_BYTES} bytes`);
  return { id, bytes: Uint8Array.from(atob(key), (char) => char.charCodeAt(0)) };
}

function different(ring: KeyRing, entry: RingKey): RingKey {
  for (const other of ring) {
    if (other.id === entry.id) throw new KeyRingError(`it has two entries "${entry.id}"`);
    if (other.bytes.every((byte, at) => byte === entry.bytes[at])) {
      throw new KeyRingError(`its entries "${other.id}" and "${entry.id}" are the same key`);
    }
  }
  return entry;
}

/** Its last. */
export function primaryKey(ring: KeyRing): RingKey {
  const last = ring.at(-1);
  if (!last) throw new KeyRingError("it is empty");
  return last;
}
