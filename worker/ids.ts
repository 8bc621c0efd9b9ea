import { formatId, type IdKind, ULID_RANDOM_BYTES, ulidFrom } from "../domain/ids/index.ts";

/** Random bytes are drawn for many ids at once: a draw costs more than an id. */
const POOL = new Uint8Array(ULID_RANDOM_BYTES * 64);
let used = POOL.length;

/** @param now milliseconds since 1970 */
export function newUlid(now: number): string {
  if (used === POOL.length) {
    crypto.getRandomValues(POOL);
    used = 0;
  }
  const ulid = ulidFrom(now, POOL, used);
  used += ULID_RANDOM_BYTES;
  return ulid;
}

export const newId = (kind: IdKind, now: number): string => formatId(kind, newUlid(now));
