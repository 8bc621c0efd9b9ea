/**
 * Whether two values have the same canonical JSON (index.ts), without writing it: it stops at the first difference, and
 * what is one object in memory is not looked into.
 */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a)) return Array.isArray(b) && sameList(a, b);
  return !Array.isArray(b) && sameFields(a as Fields, b as Fields);
}

type Fields = Readonly<Record<string, unknown>>;

/** In a list JSON has null for what is absent. */
const sameList = (a: readonly unknown[], b: readonly unknown[]): boolean =>
  a.length === b.length && a.every((item, index) => sameJson(item ?? null, b[index] ?? null));

function sameFields(a: Fields, b: Fields): boolean {
  let present = 0;
  for (const key in a) {
    if (a[key] === undefined) continue;
    if (!sameJson(a[key], b[key])) return false;
    present += 1;
  }
  for (const key in b) if (b[key] !== undefined) present -= 1;
  return present === 0;
}
