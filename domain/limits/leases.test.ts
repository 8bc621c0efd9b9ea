import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arrivals, Installation, MINUTE_MS, START, traffic } from "../../test/model/lessees.ts";
import { grantLease } from "./grant.ts";
import { Lessee } from "./lessee.ts";
import { QuotaWindow, quotaOf } from "./window.ts";

/** Whoever sends no more than the limit in any stretch of this length is never refused. */
const KEEPER_MS = 62_000;
/** An object that nobody asked for so long may be put to sleep. */
const SLEEP_MS = 10_000;
/** Longer than a write waits to be on disk. */
const UNCONFIRMED_MS = 50;
const PRESSING_MS = 2.5 * MINUTE_MS;

describe("leases of tokens to isolates", () => {
  it("never let more through in any minute than the limit and its tolerance, whenever their object sleeps or crashes", () => {
    const deaths = fc.array(
      fc.record({
        after: fc.double({ min: 0, max: 1, noNaN: true }),
        lostMs: fc.constantFrom(0, UNCONFIRMED_MS),
      }),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(traffic, deaths, (given, deaths) => {
        const installation = new Installation(given.limit, given.isolates, given.holds);
        const all = [...arrivals(given)];
        const lostMs = new Map(deaths.map(({ after, lostMs }) => [Math.floor(after * all.length), lostMs]));
        for (const [n, { isolate, at }] of all.entries()) {
          const lost = lostMs.get(n);
          if (lost !== undefined) installation.restart(at, lost);
          installation.request(isolate, at, given.delayMs);
        }
        const most = quotaOf(given.limit) + installation.forgotten;
        expect(installation.mostInAMinute).toBeLessThanOrEqual(most);
        expect(quotaOf(given.limit)).toBeLessThanOrEqual(given.limit * 1.08);
      }),
    );
  });

  it("never let more through to one who presses all the time, however often their object begins anew", () => {
    const pressing = fc.record({
      limit: fc.integer({ min: 1, max: 1_000 }),
      isolates: fc.integer({ min: 1, max: 4 }),
      restarts: fc.array(fc.nat(PRESSING_MS), { maxLength: 60 }),
    });
    fc.assert(
      fc.property(pressing, ({ limit, isolates, restarts }) => {
        const installation = new Installation(limit, isolates);
        const due = restarts.toSorted((a, b) => a - b);
        const gapMs = MINUTE_MS / limit / 2;
        for (let n = 0; n * gapMs < PRESSING_MS; n++) {
          const at = Math.floor(START + n * gapMs);
          while (START + (due[0] ?? Number.POSITIVE_INFINITY) <= at) {
            due.shift();
            installation.restart(at, 0);
          }
          installation.request(n, at, 1);
        }
        expect(installation.mostInAMinute).toBeLessThanOrEqual(quotaOf(limit));
      }),
    );
  });

  it("never refuse who keeps to the limit, though their object sleeps whenever it may", () => {
    fc.assert(
      fc.property(traffic, fc.boolean(), (given, sleeps) => {
        const installation = new Installation(given.limit, given.isolates, given.holds);
        const sent: number[] = [];
        for (const { isolate, at } of arrivals(given)) {
          if (sleeps && at - (sent.at(-1) ?? at) >= SLEEP_MS) installation.restart(at, 0);
          while ((sent[0] ?? at) <= at - KEEPER_MS) sent.shift();
          if (sent.length === given.limit) continue;
          sent.push(at);
          installation.request(isolate, at, given.delayMs);
        }
        expect(installation.refused).toBe(0);
      }),
    );
  });

  it("write no more than four times a second at a limit's full use", () => {
    const installation = new Installation(60_000, 8);
    for (let i = 0; i < 70_000; i++) installation.request(i, START + i, 2);
    const ofTenant = installation.journal.writes.filter(({ owner }) => owner === "tenant");
    expect(ofTenant.length).toBeLessThan(4 * 70);
    expect(ofTenant.length).toBeLessThan(installation.asked / 4);
  });

  it("spare an isolate's busy client most questions", () => {
    const installation = new Installation(6_000, 1);
    // 90 requests a second for half a minute.
    for (let i = 0; i < 2_700; i++) installation.request(0, START + i * 11, 1);
    expect(installation.refused).toBe(0);
    expect(installation.asked).toBeLessThan(2_700 / 8);
  });

  it("let the limit through evenly where it is asked for twice over", () => {
    const installation = new Installation(600, 4);
    for (let i = 0; i < 20 * 300; i++) installation.request(i, START + i * 50, 2);
    const minutes = (installation.passed.at(-1) as number) - START;
    expect(installation.passed.length / (minutes / MINUTE_MS)).toBeGreaterThan(600);
    expect(installation.mostInAMinute).toBeLessThanOrEqual(648);
  });
});

describe("an isolate whose owner does not answer", () => {
  it("lets a tenth of the limit through by itself, and asks again after a while", () => {
    const lessee = new Lessee();
    lessee.unanswered(lessee.ask(START), START, 1_000);
    let passed = 0;
    for (let at = START; at < START + 10 * MINUTE_MS; at += 20) if (lessee.takeAlone(at, 600)) passed++;
    expect(passed / 10).toBeGreaterThan(55);
    expect(passed / 10).toBeLessThanOrEqual(62);
    expect(lessee.isAlone(START + 999)).toBe(true);
    expect(lessee.isAlone(START + 1_000)).toBe(false);
  });
});

describe("an isolate whose owner answered once", () => {
  it("keeps to a tenth of the limit that it was told, also where that is above the default", () => {
    const lessee = new Lessee();
    const limits = [{ name: "tenant", limit: 60_000, window: new QuotaWindow() }];
    lessee.answered(1, grantLease(limits, lessee.ask(START), START), START, START);
    lessee.unanswered(lessee.ask(START), START, 1_000);
    let passed = 0;
    for (let at = START; at < START + MINUTE_MS; at += 5) if (lessee.takeAlone(at, 1_000)) passed++;
    expect(passed).toBeGreaterThan(5_900);
    expect(passed).toBeLessThanOrEqual(6_020);
  });
});

describe("what is told of a limit", () => {
  it("is what remains, with what is in hand, and when all of it is back", () => {
    const installation = new Installation(1_000, 1);
    const lessee = new Lessee();
    const window = new QuotaWindow();
    const tokens = lessee.ask(START);
    const answer = grantLease([{ name: "tenant", limit: 1_000, window }], tokens, START);
    lessee.answered(tokens, answer, START, START);
    expect(lessee.take(START)).toBe(true);
    expect(lessee.limits(START + 1_000)).toEqual([
      { name: "tenant", limit: 1_000, left: 1_079, resetMs: 60_250 },
    ]);
    for (let i = 0; i < 1_200; i++) installation.request(0, START, 0);
    expect(installation.answer(1, START)).toMatchObject({ granted: 0, retryAfterMs: 61_250 });
  });

  it("is refused by whichever of several limits has none left, and counted in none", () => {
    const full = new QuotaWindow();
    const other = new QuotaWindow();
    full.grant(10, START);
    const limits = [
      { name: "tenant", limit: 1_000, window: other },
      { name: "principal", limit: 10, window: full },
    ];
    expect(grantLease(limits, 1, START)).toMatchObject({ granted: 0 });
    expect(other.isEmpty).toBe(true);
  });
});
