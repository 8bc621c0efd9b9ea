import { KubeError } from "./errors.ts";
import { isPathSegment } from "./names.ts";
import type { ResourceType } from "./objects.ts";

/** Where a namespaced kind is created, or all of a kind is listed (no namespace: of all namespaces). */
export function collectionPath(type: ResourceType, namespace?: string): string {
  const root = type.group === "" ? `/api/${type.version}` : `/apis/${type.group}/${type.version}`;
  const scope = type.namespaced && namespace !== undefined ? `/namespaces/${segment(namespace)}` : "";
  return `${root}${scope}/${type.resource}`;
}

/** One object. Names come from users' manifests: what is not one path segment is refused. */
export function objectPath(
  type: ResourceType,
  ref: { namespace?: string | undefined; name?: string | undefined },
  subresource?: string,
): string {
  const base = `${collectionPath(type, namespaceOf(type, ref.namespace))}/${segment(ref.name ?? "")}`;
  return subresource === undefined ? base : `${base}/${segment(subresource)}`;
}

/** The namespace to address. A namespaced kind without one is refused, never put into `default`. */
export function namespaceOf(type: ResourceType, namespace: string | undefined): string | undefined {
  if (!type.namespaced) return undefined;
  if (!namespace) throw invalid(`${type.kind} is namespaced: metadata.namespace is missing`);
  return namespace;
}

export function queryString(query: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) params.set(name, String(value));
  const text = params.toString();
  return text && `?${text}`;
}

/**
 * A raw path, checked. Dot segments would let a caller leave the object that it was given, and the server decodes
 * before it looks, so the check is made on the decoded path.
 */
export function rawPath(path: string): string {
  const segments = decodedSegments(path);
  const malformed = !/^\/[!-~]*$/.test(path) || /[?#\\]/.test(path);
  if (malformed || segments.includes(".") || segments.includes("..")) throw invalid("a malformed path");
  return path;
}

/** Segments as the API server sees them: decoded as a whole first (`%2F` parts them), empty ones left out. */
export function decodedSegments(path: string): string[] {
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    throw invalid("a malformed path");
  }
  return decoded.split("/").filter((part) => part !== "");
}

function segment(name: string): string {
  if (!isPathSegment(name) || !name.isWellFormed())
    throw invalid(`not a name: ${JSON.stringify(name.slice(0, 80))}`);
  return encodeURIComponent(name);
}

function invalid(message: string): KubeError {
  return new KubeError(message, { kind: "invalid", status: 0, reason: "BadRequest" });
}
