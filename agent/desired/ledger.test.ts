import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createLedger, MAX_REFUSALS } from "./ledger.ts";

describe("acks", () => {
  it("say nothing before something is stored", () => {
    const ledger = createLedger(4);
    ledger.open(5);
    expect(ledger.take()).toBeUndefined();
  });

  it("wait for the earliest frame that is not stored, whatever is done behind it", () => {
    const ledger = createLedger(0);
    const [first, second, third] = [ledger.open(3), ledger.open(7), ledger.open(9)];
    ledger.close(third);
    ledger.close(second);
    expect(ledger.take()).toBeUndefined();
    ledger.close(first);
    expect(ledger.take()).toEqual({ seq: 9, refused: [] });
    expect(ledger.take()).toBeUndefined();
  });

  it("name what was refused, also where the number does not grow", () => {
    const ledger = createLedger(0);
    ledger.open(1);
    ledger.close(ledger.open(2), { key: "k", revision: 1, message: "no" });
    expect(ledger.take()).toEqual({ seq: 0, refused: [{ key: "k", revision: 1, message: "no" }] });
  });

  it("carry a bounded number of refusals each, and lose none", () => {
    const ledger = createLedger(0);
    for (let seq = 1; seq <= 250; seq += 1) {
      ledger.close(ledger.open(seq), { key: `k${seq}`, revision: 1, message: "no" });
    }
    const sizes: number[] = [];
    for (let ack = ledger.take(); ack; ack = ledger.take()) sizes.push(ack.refused.length);
    expect(sizes).toEqual([MAX_REFUSALS, MAX_REFUSALS, 50]);
  });

  it("never reach a frame that is not stored, in whatever order frames come and are stored", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: 60 })),
        fc.infiniteStream(fc.nat()),
        (seqs, order) => {
          const ledger = createLedger(0);
          const open = seqs.map((seq) => ledger.open(seq));
          const picks = order[Symbol.iterator]();
          let told = 0;
          while (open.length > 0) {
            const [ticket] = open.splice((picks.next().value ?? 0) % open.length, 1);
            if (ticket) ledger.close(ticket);
            const ack = ledger.take();
            if (ack) {
              expect(ack.seq).toBeGreaterThan(told);
              told = ack.seq;
            }
            for (const left of open) expect(ledger.seq).toBeLessThan(left.seq);
          }
          expect(ledger.seq).toBe(Math.max(0, ...seqs));
        },
      ),
    );
  });
});
