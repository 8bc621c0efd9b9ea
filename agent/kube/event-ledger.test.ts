import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createEventLedger } from "./event-ledger.ts";
import { cutUtf8 } from "./event-object.ts";
import type { EventInput } from "./event-types.ts";

const options = { reportingController: "kubenova.io/agent", reportingInstance: "agent-0" };
const about = (name: string, reason = "Applied"): EventInput => ({
  regarding: { apiVersion: "v1", kind: "ConfigMap", namespace: "shop", name, uid: `uid-${name}` },
  type: "Normal",
  reason,
  action: "Apply",
  note: "one",
});
const MINUTE = 60_000;

describe("the event ledger", () => {
  it("makes one object of what repeats, and writes its count at most twice a minute", () => {
    const ledger = createEventLedger(options);
    expect(ledger.judge(about("a"), 0, 0).do).toBe("create");
    for (let n = 1; n <= 100; n += 1) expect(ledger.judge(about("a"), n, n).do).toBe("count");
    expect(ledger.due(29_999, 29_999)).toEqual([]);
    const [due] = ledger.due(30_000, 30_000);
    expect(due?.series).toEqual({ count: 101, lastObservedTime: "1970-01-01T00:00:00.100000Z" });
    expect(ledger.due(90_000, 90_000)).toEqual([]);
  });

  it("begins a new object after six minutes of silence, or when the server has lost the first", () => {
    const ledger = createEventLedger(options);
    ledger.judge(about("a"), 0, 0);
    expect(ledger.judge(about("a"), 6 * MINUTE - 1, 0).do).toBe("count");
    expect(ledger.judge(about("a"), 12 * MINUTE, 0).do).toBe("create");
    const again = ledger.judge(about("b"), 0, 0);
    if (again.do === "create") ledger.forget(again.event);
    expect(ledger.judge(about("b"), 1, 1).do).toBe("create");
  });

  it("lets a flapping object have 25 different events at once and one each five minutes, others unharmed", () => {
    const ledger = createEventLedger(options);
    const verdicts = Array.from({ length: 40 }, (_, n) => ledger.judge(about("a", `Reason${n}`), 0, 0).do);
    expect(verdicts.filter((verdict) => verdict === "create")).toHaveLength(25);
    expect(verdicts.filter((verdict) => verdict === "drop")).toHaveLength(15);
    expect(ledger.judge(about("b"), 0, 0).do).toBe("create");
    expect(ledger.judge(about("a", "Later"), 5 * MINUTE, 0).do).toBe("create");
    expect(ledger.judge(about("a", "Again"), 5 * MINUTE, 0).do).toBe("drop");
  });

  it("names events as the API server demands, whatever their object is called", () => {
    const verdict = createEventLedger(options).judge(about(`system:${"x".repeat(246)}`), 0, 0);
    if (verdict.do !== "create") throw new Error("not created");
    expect(verdict.event.metadata.name).toMatch(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/);
    expect(verdict.event.metadata.namespace).toBe("shop");
  });
});

it("a note is cut between characters", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.nat(60), (text, max) => {
      const cut = cutUtf8(text, max);
      expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(Math.max(max, 0));
      expect(text.startsWith(cut)).toBe(true);
    }),
  );
});
