import { createHash } from "node:crypto";

/** The API server cuts longer ids in its traces, and then two requests look like one. */
const AUDIT_ID_MAX = 64;
const DIGEST_CHARS = 12;

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
  return `${clean.slice(0, AUDIT_ID_MAX - DIGEST_CHARS - 1 - suffix.length)}.${digest}${suffix}`;
}
