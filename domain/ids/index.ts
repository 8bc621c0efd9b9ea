/**
 * Typed, sortable ids: a prefix that says what it names, an underscore, a ULID in upper case.
 * Randomness and time are the caller's: pass the ULID in.
 */
export const ID_PREFIXES = {
  tenant: "ten",
  project: "prj",
  environment: "env",
  app: "app",
  revision: "rev",
  release: "rel",
  deployment: "dep",
  cluster: "cls",
  joinToken: "jtk",
  event: "evt",
  deadLetter: "dlt",
  request: "req",
  epoch: "epo",
  user: "usr",
  serviceAccount: "sva",
  team: "tem",
  binding: "bnd",
  role: "rol",
  invitation: "inv",
  apiKey: "key",
  session: "ses",
  identityProvider: "idp",
  deviceLogin: "dvc",
  dataKey: "dek",
  keyRotation: "krt",
  auditEntry: "aud",
  plan: "pln",
} as const;

export type IdKind = keyof typeof ID_PREFIXES;

const ULID = "[0-7][0-9A-HJKMNP-TV-Z]{25}";

/** `formatId("app", "01J…")` → `app_01J…`. */
export const formatId = (kind: IdKind, ulid: string): string => `${ID_PREFIXES[kind]}_${ulid}`;

/** The pattern of one kind's ids, anchored; used by schemas. */
export const idPattern = (kind: IdKind): RegExp => new RegExp(`^${ID_PREFIXES[kind]}_${ULID}$`);

export const isId = (kind: IdKind, value: string): boolean => idPattern(kind).test(value);

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/** Random bytes that one ULID takes. */
export const ULID_RANDOM_BYTES = 10;

/**
 * A ULID: 48 bits of time and 80 random ones, in Crockford's base 32.
 *
 * @param now milliseconds since 1970
 * @param random at least ULID_RANDOM_BYTES bytes from `offset` on
 */
export function ulidFrom(now: number, random: Uint8Array, offset = 0): string {
  let time = "";
  for (let rest = now, i = 0; i < 10; i++, rest = Math.floor(rest / 32)) time = ALPHABET[rest % 32] + time;
  let tail = "";
  for (let half = 0; half < 2; half++) {
    const at = offset + half * 5;
    const high = ((random[at] ?? 0) << 12) | ((random[at + 1] ?? 0) << 4) | ((random[at + 2] ?? 0) >> 4);
    const low = (((random[at + 2] ?? 0) & 15) << 16) | ((random[at + 3] ?? 0) << 8) | (random[at + 4] ?? 0);
    for (const bits of [high, low]) {
      for (let shift = 15; shift >= 0; shift -= 5) tail += ALPHABET[(bits >> shift) & 31];
    }
  }
  return time + tail;
}
