import { type AuditEntry, MAX_REASON_LENGTH } from "./entry.ts";

/** What stands in the place of a secret names its kind, so that a reader knows what was there. */
const placeholder = (kind: string): string => `[${kind}]`;

const NAMES =
  "pass(?:word|wd|phrase)?|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|client[_-]?secret|refresh[_-]?token|id[_-]?token|access[_-]?token|code[_-]?verifier|session[_-]?key|credentials?";

/**
 * Shapes of secrets, the longest first: what one has replaced, a later one leaves alone. All are linear in the length of
 * the text: no two neighbouring parts of one can match the same character.
 */
const SHAPES: readonly (readonly [kind: string, shape: RegExp, kept?: string])[] = [
  // An unfinished block runs to the text's end: half of a key is a secret, too.
  [
    "private-key",
    /-----BEGIN [A-Z ]{0,32}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]{0,32}PRIVATE KEY-----|$)/g,
  ],
  ["jwt", /\beyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]*)?/g],
  ["api-key", /kn_[0-7][0-9A-HJKMNP-TV-Z]{25}_[A-Za-z0-9_-]+/g],
  ["join-token", /\bjtk_[0-7][0-9A-HJKMNP-TV-Z]{25}\.[A-Za-z0-9_-]+/g],
  ["ring-key", /\b[A-Za-z0-9-]{1,32}:[A-Za-z0-9+/]{43}=/g],
  ["cloud-key", /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g],
  [
    "service-token",
    /\b(?:gh[pousr]_|github_pat_|glpat-|xox[abeprs]-|sk_(?:live|test)_|npm_|dop_v1_|hv[sb]\.|AIza)[A-Za-z0-9_.-]{8,}/g,
  ],
  ["credentials", /(\b[a-z][a-z0-9+.-]{1,15}:\/\/)[^\s/@?#]+@/gi, "$1[credentials]@"],
  ["credentials", /\b(bearer|basic|negotiate|splunk)\s+[A-Za-z0-9+/_~.-]{6,}=*/gi, "$1 [credentials]"],
  [
    "secret",
    new RegExp(`((?:${NAMES})["']?\\s{0,4}[:=]\\s{0,4})("[^"]*"?|'[^']*'?|[^\\s"'&,;\\[][^\\s&,;]*)`, "gi"),
    "$1[secret]",
  ],
  ["e-mail", /[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}/g],
];

/** Characters that a terminal, a CSV reader or a line-based log would act on; and halves of a surrogate pair. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]+/gu;

/**
 * Free text as a log may hold it for ever: without what has the shape of a secret or of an e-mail address, on one line.
 * What it gives, it gives back unchanged.
 *
 * @param max characters of the answer, at most
 */
export function redactText(text: string, max: number): string {
  // What is far longer than may stay is cut before it is searched; what then stands at the cut is cut off below.
  let safe = text.slice(0, 4 * max);
  for (const [kind, shape, kept] of SHAPES) safe = safe.replace(shape, kept ?? placeholder(kind));
  return safe.replace(UNPRINTABLE, " ").trim().slice(0, max).trimEnd();
}

const MAX_NAME_LENGTH = 256;

/** An object's `<kind>/<id>`: what is redacted in it leaves no blank, so that it stays one name. */
const redactName = (text: string, max = MAX_NAME_LENGTH): string =>
  redactText(text, max).replaceAll(/\s+/g, "_");

/**
 * An entry before it is appended: what somebody wrote, or sent along, is redacted; what the manager made is left alone.
 * The log holds it for years and can take nothing back.
 */
export function redactEntry<E extends AuditEntry>(entry: E): E {
  const { object, related, reason, onBehalfOf } = entry;
  return {
    ...entry,
    object: redactName(object),
    ...(related ? { related: related.map((each) => redactName(each)) } : {}),
    ...(reason === undefined ? {} : { reason: redactText(reason, MAX_REASON_LENGTH) }),
    ...(onBehalfOf ? { onBehalfOf: { ...onBehalfOf, id: redactName(onBehalfOf.id, 128) } } : {}),
    requestId: redactName(entry.requestId, 128),
    correlationId: redactName(entry.correlationId, 128),
  };
}
