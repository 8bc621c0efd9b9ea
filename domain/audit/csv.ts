import type { AuditEntry } from "./entry.ts";

/** An entry with its place in the log. */
export type PlacedEntry = AuditEntry & { index: number };

/** Columns of the table, each with what stands in it. */
const COLUMNS: Record<string, (entry: PlacedEntry) => string | number | undefined> = {
  index: (entry) => entry.index,
  number: (entry) => entry.number,
  id: (entry) => entry.id,
  time: (entry) => entry.time,
  actor_kind: (entry) => entry.actor.kind,
  actor_id: (entry) => entry.actor.id,
  key_id: (entry) => entry.actor.keyId,
  session_id: (entry) => entry.actor.sessionId,
  on_behalf_of: ({ onBehalfOf }) => onBehalfOf && `${onBehalfOf.kind}/${onBehalfOf.id}`,
  action: (entry) => entry.action,
  object: (entry) => entry.object,
  related: (entry) => entry.related?.join(" "),
  outcome: (entry) => entry.outcome,
  reason: (entry) => entry.reason,
  count: (entry) => entry.count,
  address: (entry) => entry.address,
  request_id: (entry) => entry.requestId,
  correlation_id: (entry) => entry.correlationId,
  before: (entry) => entry.before,
  after: (entry) => entry.after,
  source: (entry) => entry.source,
  cluster: (entry) => entry.cluster,
};

/** What a spreadsheet would take for a formula, in ASCII and in full width; a tab or line break before one hides it only. */
const FORMULA = /^[\s]*[=+\-@\t\r＝＋－＠]/u;

/**
 * A field by RFC 4180. What begins like a formula gets an apostrophe before it, by which spreadsheets show it as the text
 * that it is (OWASP, CSV injection).
 */
export function csvField(value: string | number | undefined): string {
  if (value === undefined) return "";
  if (typeof value === "number") return String(value);
  const safe = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) || safe !== value ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export const csvHead = (): string => `${Object.keys(COLUMNS).join(",")}\r\n`;

export const csvRow = (entry: PlacedEntry): string =>
  `${Object.values(COLUMNS)
    .map((read) => csvField(read(entry)))
    .join(",")}\r\n`;
