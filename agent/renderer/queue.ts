/**
 * Who is served next. Each key (a namespace) has a row of its own and the rows take turns, so that one who asks for much
 * delays himself alone; and no key holds more than so many places, so that one whose renders take long leaves room.
 */
export interface FairQueue<T> {
  readonly size: number;
  add(key: string, item: T): void;
  /** Whether somebody waits whose key holds fewer than `most` places. */
  has(most: number): boolean;
  /** Takes the next such, and a place for its key; `done` gives the place back. */
  take(most: number): { key: string; item: T } | undefined;
  done(key: string): void;
  /** Whether it was still waiting. */
  remove(key: string, item: T): boolean;
  /** Takes all that wait. */
  clear(): T[];
}

export function createFairQueue<T>(): FairQueue<T> {
  // A Map's order is that of insertion: who was served is put at its end again.
  const rows = new Map<string, T[]>();
  const held = new Map<string, number>();
  const nextRow = (most: number) => [...rows].find(([key]) => (held.get(key) ?? 0) < most);
  return {
    get size() {
      return [...rows.values()].reduce((sum, row) => sum + row.length, 0);
    },
    add(key, item) {
      rows.set(key, [...(rows.get(key) ?? []), item]);
    },
    has: (most) => nextRow(most) !== undefined,
    take(most) {
      const [key, row] = nextRow(most) ?? [];
      if (key === undefined || row === undefined) return undefined;
      const [item, ...rest] = row as [T, ...T[]];
      rows.delete(key);
      if (rest.length > 0) rows.set(key, rest);
      held.set(key, (held.get(key) ?? 0) + 1);
      return { key, item };
    },
    done(key) {
      const places = (held.get(key) ?? 0) - 1;
      if (places > 0) held.set(key, places);
      else held.delete(key);
    },
    remove(key, item) {
      const row = rows.get(key);
      if (!row?.includes(item)) return false;
      const rest = row.filter((each) => each !== item);
      if (rest.length > 0) rows.set(key, rest);
      else rows.delete(key);
      return true;
    },
    clear() {
      const all = [...rows.values()].flat();
      rows.clear();
      return all;
    },
  };
}
