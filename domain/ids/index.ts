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
} as const;

export type IdKind = keyof typeof ID_PREFIXES;

const ULID = "[0-7][0-9A-HJKMNP-TV-Z]{25}";

/** `formatId("app", "01J…")` → `app_01J…`. */
export const formatId = (kind: IdKind, ulid: string): string => `${ID_PREFIXES[kind]}_${ulid}`;

/** The pattern of one kind's ids, anchored; used by schemas. */
export const idPattern = (kind: IdKind): RegExp => new RegExp(`^${ID_PREFIXES[kind]}_${ULID}$`);

export const isId = (kind: IdKind, value: string): boolean => idPattern(kind).test(value);
