/** Counts that move all the time in a busy cluster. */
const MOVING: ReadonlySet<string> = new Set(["pods", "namespaces", "managed"]);

/**
 * Whether two inventories differ in nothing but counts that move all the time. The database hears of those once in a
 * while: whoever looks at one cluster gets them from its object.
 */
export function differInCountsAlone(before: object | null, after: object | null): boolean {
  if (before === null || after === null) return before === after;
  const essence = (inventory: object): string =>
    JSON.stringify(Object.entries(inventory).filter(([name]) => !MOVING.has(name)));
  return essence(before) === essence(after);
}
