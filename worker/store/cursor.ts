import { KubeNovaError } from "../../domain/errors/index.ts";

/**
 * A cursor is the place after a row, bound to the sort that made it. It is opaque to callers and gives nothing away:
 * each value in it stood in the page that it came with.
 */
export const encodeCursor = (
  sort: string,
  order: "asc" | "desc",
  value: string | number,
  id: string,
): string =>
  btoa(JSON.stringify([sort, order, value, id]))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/=+$/, "");

/** @throws KubeNovaError KN-1006 for what this list, sorted this way, did not make */
export function decodeCursor(
  cursor: string,
  sort: string,
  order: "asc" | "desc",
): { value: string | number; id: string } {
  const decoded = parse(cursor);
  if (Array.isArray(decoded) && decoded.length === 4) {
    const [itsSort, itsOrder, value, id] = decoded as unknown[];
    const type = sort === "name" ? "string" : "number";
    if (itsSort === sort && itsOrder === order && typeof value === type && typeof id === "string") {
      return { value: value as string | number, id };
    }
  }
  throw new KubeNovaError("KN-1006");
}

function parse(cursor: string): unknown {
  try {
    return JSON.parse(atob(cursor.replaceAll("-", "+").replaceAll("_", "/")));
  } catch {
    return undefined;
  }
}
