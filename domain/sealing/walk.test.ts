import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { advance, type Place, startOf } from "./walk.ts";

const LIMIT = 3;

interface Row {
  id: string;
  old: boolean;
  broken: boolean;
}

/** Runs a walk over tables in memory; `between` may write between two steps, as writers with the old key do. */
function walk(
  tables: Row[][],
  settledAt: number,
  between: (now: number) => void,
): { failed: number; end: number } {
  let place: Place = startOf(0);
  for (let now = 1; now < 10_000; now++) {
    const found = (tables[place.part] ?? [])
      .filter((row) => row.old && row.id > place.after)
      .sort((a, b) => (a.id < b.id ? -1 : 1))
      .slice(0, LIMIT);
    const failed = found.filter((row) => row.broken).length;
    for (const row of found) row.old = row.broken;
    const step = {
      last: found.at(-1)?.id,
      full: found.length === LIMIT,
      changed: found.length - failed,
      failed,
    };
    const next = advance(place, step, tables.length, settledAt, now);
    if (next.kind === "finished") return { failed: next.failed, end: now };
    place = next.place;
    between(now);
  }
  throw new Error("it does not end");
}

const rows = fc.uniqueArray(
  fc.record({ id: fc.stringMatching(/^[a-z]{1,3}$/), old: fc.boolean(), broken: fc.boolean() }),
  { selector: (row) => row.id, maxLength: 12 },
);

describe("a walk over what is to be sealed anew", () => {
  it("leaves nothing old but what does not open, and says how many those are", () => {
    fc.assert(
      fc.property(fc.array(rows, { minLength: 1, maxLength: 4 }), (tables) => {
        const broken = tables.flat().filter((row) => row.old && row.broken).length;
        const { failed } = walk(tables, 0, () => {});
        expect(failed).toBe(broken);
        expect(tables.flat().filter((row) => row.old).length).toBe(broken);
      }),
    );
  });

  it("finds what is written with the old key behind it, as long as somebody may", () => {
    fc.assert(
      fc.property(rows, rows, fc.nat(40), fc.array(fc.nat(40)), (one, two, settledAt, writes) => {
        const tables = [one, two].map((table) => table.map((row) => ({ ...row, broken: false })));
        const { end } = walk(tables, settledAt, (now) => {
          if (now >= settledAt) return;
          const [place = 0] = writes.splice(0, 1);
          const all = tables.flat();
          const row = all[place % Math.max(all.length, 1)];
          if (row) row.old = true;
        });
        expect(tables.flat().some((row) => row.old)).toBe(false);
        expect(end).toBeGreaterThanOrEqual(settledAt);
      }),
    );
  });
});
