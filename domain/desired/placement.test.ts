import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { plan } from "../../test/attack/plan.ts";
import { apply, CLUSTERS, look, start, wanted, writes } from "../../test/model/catalogue.ts";
import type { DesiredDocument } from "./index.ts";
import type { Located } from "./placement.ts";
import type { TouchingEvent } from "./touched.ts";

type Held = Map<string, DesiredDocument>;

function deliver(held: Record<string, Held>, { clusterId, document }: Located): void {
  const documents = held[clusterId] as Held;
  if ((documents.get(document.key)?.revision ?? 0) < document.revision) documents.set(document.key, document);
}

describe("documents of clusters", () => {
  it("end as the final rows say, however deliveries are doubled, delayed and mixed", () => {
    fc.assert(
      fc.property(
        fc.array(writes, { minLength: 1, maxLength: 25 }),
        fc.infiniteStream(fc.nat(1000)),
        (script, dice) => {
          const roll = (below: number): number => (dice.next().value as number) % below;
          const rows = start();
          const held = Object.fromEntries(CLUSTERS.map((id) => [id, new Map() as Held]));
          const waiting: TouchingEvent[] = [];
          const underWay: Located[] = [];
          const step = (): void => {
            const at = roll(Math.max(waiting.length, 1));
            const event = waiting[at];
            // A look may be repeated: the event stays as often as it goes.
            if (event && roll(2) === 0) waiting.splice(at, 1);
            if (event) underWay.push(...look(event, rows));
            for (let n = roll(4); n > 0 && underWay.length > 0; n--) {
              const index = roll(underWay.length);
              deliver(held, underWay[index] as Located);
              if (roll(3) > 0) underWay.splice(index, 1);
            }
          };
          for (const write of script) {
            waiting.push(apply(rows, write));
            if (roll(2) === 0) step();
          }
          while (waiting.length > 0) step();
          for (const late of underWay) deliver(held, late);
          for (const { clusterId, document } of wanted(rows)) {
            const found = held[clusterId]?.get(document.key);
            if (document.op === "upsert") expect(found?.resource).toEqual(document.resource);
            else expect(found?.op ?? "tombstone").toBe("tombstone");
          }
        },
      ),
      { numRuns: plan.times(500) },
    );
  });
});
