import { createHash } from "node:crypto";

/** The API server cuts longer ids in its traces, and then two requests look like one. */
const AUDIT_ID_MAX = 64;
const DIGEST_CHARS = 12;
/** Correlation ids that had to be shortened, the newest: what the cluster's audit log says within the next minutes. */
const MAX_SHORTENED = 2_000;
/** What the API server gives a request that came without an id. */
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const shortened = new Map<string, string>();

/**
 * `Audit-ID` of the n-th request under a correlation id: `<correlationId>-<n>`, at most 64 characters of
 * `[A-Za-z0-9_.:-]`. An id that is too long or has other characters keeps its beginning and gets a digest, so that
 * different ids stay different.
 */
export function auditId(correlationId: string, n: number): string {
  const suffix = `-${n}`;
  const clean = correlationId.replace(/[^A-Za-z0-9_.:-]/g, "_");
  if (clean === correlationId && clean !== "" && clean.length + suffix.length <= AUDIT_ID_MAX)
    return clean + suffix;
  const digest = createHash("sha256").update(correlationId).digest("hex").slice(0, DIGEST_CHARS);
  const short = `${clean.slice(0, AUDIT_ID_MAX - DIGEST_CHARS - 1 - suffix.length)}.${digest}`;
  remember(short, correlationId);
  return short + suffix;
}

/**
 * The correlation id that an `Audit-ID` of {@link auditId} was made from; of one that was shortened before this process
 * started, its short form. Undefined for what is no such id.
 */
export function correlationOf(id: string): string | undefined {
  const [, base] = UUID.test(id) ? [] : (/^(.+)-\d+$/.exec(id) ?? []);
  return base && (shortened.get(base) ?? base);
}

function remember(short: string, correlationId: string): void {
  shortened.delete(short);
  shortened.set(short, correlationId);
  const [oldest] = shortened.keys();
  if (shortened.size > MAX_SHORTENED && oldest !== undefined) shortened.delete(oldest);
}
