import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { grantLease } from "./grant.ts";
import { Lessee } from "./lessee.ts";
import { QuotaWindow, quotaOf } from "./window.ts";

const START = 1_800_000_000_000;
const MINUTE_MS = 60_000;
/** Whoever sends no more than the limit in any stretch of this length is never refused. */
const KEEPER_MS = 62_000;

/** Some isolates that lease from one owner. */
class Installation {
  readonly window = new QuotaWindow();
  readonly passed: number[] = [];
  refused = 0;
  asked = 0;
  private readonly isolates: Lessee[];
  private readonly limit: number;

  constructor(limit: number, isolates: number) {
    this.limit = limit;
    this.isolates = Array.from({ length: isolates }, () => new Lessee());
  }

  /** One request. @param delayMs of the way to the owner, and back again */
  request(isolate: number, now: number, delayMs: number): void {
    const lessee = this.isolates[isolate % this.isolates.length] as Lessee;
    let taken = lessee.take(now);
    if (!taken && !lessee.refusedMs(now)) {
      this.lease(lessee, lessee.ask(now), now, delayMs);
      taken = lessee.take(now);
    }
    if (taken) this.passed.push(now);
    else this.refused++;
    const ahead = lessee.askAhead(now);
    if (ahead > 0) this.lease(lessee, ahead, now, delayMs);
  }

  private lease(lessee: Lessee, tokens: number, now: number, delayMs: number): void {
    this.asked++;
    const limits = [{ name: "tenant", limit: this.limit, window: this.window }];
    lessee.answered(tokens, grantLease(limits, tokens, now + delayMs), now, now + 2 * delayMs);
  }

  /** Most requests that were let through in any minute. */
  get mostInAMinute(): number {
    let most = 0;
    for (let from = 0, to = 0; to < this.passed.length; to++) {
      while ((this.passed[from] ?? 0) <= (this.passed[to] ?? 0) - MINUTE_MS) from++;
      most = Math.max(most, to - from + 1);
    }
    return most;
  }
}

/** Bursts of any size from any isolate, at any pace, with pauses of any length: shares of the limit, so that it matters. */
const traffic = fc.record({
  limit: fc.integer({ min: 1, max: 1_000 }),
  isolates: fc.integer({ min: 1, max: 12 }),
  delayMs: fc.integer({ min: 0, max: 200 }),
  bursts: fc.array(
    fc.record({
      isolate: fc.nat(11),
      share: fc.double({ min: 0, max: 1.5, noNaN: true }),
      gapMs: fc.constantFrom(0, 1, 7, 60, 300, 1_100),
      pauseMs: fc.oneof(fc.nat(2_000), fc.nat(70_000)),
      spread: fc.boolean(),
    }),
    { minLength: 1, maxLength: 25 },
  ),
});
type Traffic = typeof traffic extends fc.Arbitrary<infer T> ? T : never;

function* arrivals({ limit, bursts }: Traffic): Generator<{ isolate: number; at: number }> {
  let at = START;
  for (const { isolate, share, gapMs, pauseMs, spread } of bursts) {
    for (let i = 0; i < Math.ceil(limit * share); i++) {
      yield { isolate: spread ? isolate + i : isolate, at };
      at += gapMs;
    }
    at += pauseMs;
  }
}

describe("leases of tokens to isolates", () => {
  it("never let more through in any minute than the limit and its tolerance", () => {
    fc.assert(
      fc.property(traffic, (given) => {
        const installation = new Installation(given.limit, given.isolates);
        for (const { isolate, at } of arrivals(given)) installation.request(isolate, at, given.delayMs);
        expect(installation.mostInAMinute).toBeLessThanOrEqual(quotaOf(given.limit));
        expect(quotaOf(given.limit)).toBeLessThanOrEqual(given.limit * 1.08);
      }),
    );
  });

  it("never refuse who keeps to the limit", () => {
    fc.assert(
      fc.property(traffic, (given) => {
        const installation = new Installation(given.limit, given.isolates);
        const sent: number[] = [];
        for (const { isolate, at } of arrivals(given)) {
          while ((sent[0] ?? at) <= at - KEEPER_MS) sent.shift();
          if (sent.length === given.limit) continue;
          sent.push(at);
          installation.request(isolate, at, given.delayMs);
        }
        expect(installation.refused).toBe(0);
      }),
    );
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
    const refused = grantLease([{ name: "tenant", limit: 1_000, window: installation.window }], 1, START);
    expect(refused).toMatchObject({ granted: 0, retryAfterMs: 61_250 });
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
