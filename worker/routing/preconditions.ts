import { KubeNovaError } from "../../domain/errors/index.ts";

/**
 * An ETag is `"<version>"`, or `"<version>-<digest>"` where the body also shows what is not versioned, such as a
 * release's status. If-Match looks at the version alone.
 */
export const etagOf = (version: number, also?: unknown): string =>
  also === undefined ? String(version) : `${version}-${fnv1a(JSON.stringify(also))}`;

/** @throws KubeNovaError KN-1301 */
export function checkPrecondition(headers: Headers, existing: { version: number } | undefined): void {
  const ifMatch = headers.get("if-match");
  if (ifMatch !== null && !matches(ifMatch, existing)) throw failed(existing);
  const ifNoneMatch = headers.get("if-none-match");
  if (ifNoneMatch !== null && matches(ifNoneMatch, existing)) throw failed(existing);
}

/** Whether If-None-Match names this very representation. */
export const isUnchanged = (ifNoneMatch: string | null, etag: string): boolean =>
  ifNoneMatch !== null && (ifNoneMatch.trim() === "*" || tags(ifNoneMatch).includes(etag));

const matches = (header: string, existing: { version: number } | undefined): boolean =>
  existing !== undefined &&
  (header.trim() === "*" || tags(header).some((tag) => tag.split("-")[0] === String(existing.version)));

const tags = (header: string): string[] =>
  header.split(",").map((tag) =>
    tag
      .trim()
      .replace(/^W\//, "")
      .replace(/^"(.*)"$/, "$1"),
  );

const failed = (existing: { version: number } | undefined): KubeNovaError =>
  new KubeNovaError("KN-1301", undefined, existing ? { currentETag: `"${etagOf(existing.version)}"` } : {});

/** 32-bit FNV-1a over UTF-16 units: tells versions of a view apart, and nothing depends on it for safety. */
function fnv1a(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0).toString(16);
}
