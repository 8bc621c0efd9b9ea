import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AuditEntry } from "./entry.ts";
import { type Sequence, sequence } from "./sequence.ts";

const numbered = (number: number | undefined, id = `n${number}`) =>
  ({ id, ...(number === undefined ? {} : { number }) }) as AuditEntry;

/** What the log's object keeps between appends. */
class Kept {
  state: Sequence = { last: 0, waiting: new Map() };
  readonly log: AuditEntry[] = [];

  take(entries: AuditEntry[]): void {
    const { ready, kept, freed, last } = sequence(this.state, entries);
    const waiting = new Map(this.state.waiting);
    for (const number of freed) waiting.delete(number);
    for (const entry of kept) waiting.set(entry.number as number, entry);
    this.state = { last, waiting };
    this.log.push(...ready);
  }
}

describe("entries of a log", () => {
  it("stand in the order of their numbers, whatever order and batches they come in", () => {
    const order = fc.integer({ min: 0, max: 40 }).chain((n) =>
      fc.shuffledSubarray(
        Array.from({ length: n }, (_, i) => i + 1),
        { minLength: n },
      ),
    );
    fc.assert(
      fc.property(order, fc.integer({ min: 1, max: 7 }), (numbers, batch) => {
        const kept = new Kept();
        for (let at = 0; at < numbers.length; at += batch) {
          kept.take(numbers.slice(at, at + batch).map((number) => numbered(number)));
          expect(kept.log.map(({ number }) => number)).toEqual(kept.log.map((_, i) => i + 1));
        }
        expect(kept.log).toHaveLength(numbers.length);
        expect(kept.state.waiting.size).toBe(0);
      }),
    );
  });

  it("without a number stand where they came", () => {
    const kept = new Kept();
    kept.take([numbered(undefined, "a"), numbered(2), numbered(undefined, "b"), numbered(1)]);
    expect(kept.log.map(({ id }) => id)).toEqual(["a", "b", "n1", "n2"]);
  });

  it("whose number was used before are appended all the same", () => {
    const kept = new Kept();
    kept.take([numbered(1), numbered(2), numbered(4)]);
    kept.take([numbered(2, "again"), numbered(4, "waits twice")]);
    expect(kept.log.map(({ id }) => id)).toEqual(["n1", "n2", "again", "waits twice"]);
    expect(kept.state).toMatchObject({ last: 2 });
  });
});
