/**
 * Canonical JSON: object keys sorted by UTF-16 code unit, no white space, absent (undefined) fields left out,
 * numbers and strings as ECMAScript prints them (RFC 8785). Equal content has equal bytes, whatever schema version
 * wrote it (decisions.md 16).
 */
export function canonicalJson(value: unknown): string {
  switch (typeof value) {
    case "string":
    case "boolean":
      return JSON.stringify(value);
    case "number":
      if (!Number.isFinite(value)) throw new TypeError("canonical JSON has no NaN or Infinity");
      return JSON.stringify(value);
    case "object":
      if (value === null) return "null";
      return Array.isArray(value) ? listText(value) : objectText(value as Record<string, unknown>);
    default:
      throw new TypeError(`canonical JSON has no ${typeof value}`);
  }
}

// One string grown in place: graphs of thousands of objects are hashed by it, and lists of parts cost as much again.
function listText(items: readonly unknown[]): string {
  let text = "[";
  for (let index = 0; index < items.length; index += 1) {
    if (index > 0) text += ",";
    text += canonicalJson(items[index] ?? null);
  }
  return `${text}]`;
}

function objectText(source: Readonly<Record<string, unknown>>): string {
  let text = "{";
  // Without a comparator strings are sorted by code unit.
  for (const key of Object.keys(source).sort()) {
    const value = source[key];
    if (value === undefined) continue;
    text += `${text.length > 1 ? "," : ""}${JSON.stringify(key)}:${canonicalJson(value)}`;
  }
  return `${text}}`;
}

/** Lower-case hex SHA-256 of a text's UTF-8 bytes, as `sha256:<64 hex>`. */
export async function sha256(text: string | Uint8Array<ArrayBuffer>): Promise<string> {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return `sha256:${Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

/** Digest of a value's canonical JSON. */
export const digestOf = (value: unknown): Promise<string> => sha256(canonicalJson(value));
