import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DEFAULT_LIMITS } from "./figures.ts";
import {
  STREAM_LEASE_MS,
  STREAM_RENEW_MS,
  STREAM_STORED_MS,
  type StoredStream,
  StreamLeases,
} from "./streams.ts";

const START = 1_800_000_000_000;
/** An object that nobody asked for so long may be put to sleep. */
const SLEEP_MS = 10_000;

type Rows = Map<string, StoredStream>;

/** An object as it wakes. */
function leasesOf(rows: Rows = new Map(), now = START): StreamLeases {
  const put = (id: string, stream: StoredStream) => void rows.set(id, stream);
  const leases = new StreamLeases({ put, delete: (id) => void rows.delete(id) });
  leases.restore(new Map(rows), now);
  return leases;
}

describe("streams that are open", () => {
  it("are forgotten where nobody speaks of them any more, and not before", () => {
    const leases = leasesOf();
    const one = { ...DEFAULT_LIMITS, streams: 1 };
    expect(leases.open("a", "ada", one, START)).toEqual({ ok: true });
    leases.renew("a", "ada", START + STREAM_RENEW_MS);
    const before = START + STREAM_RENEW_MS + STREAM_LEASE_MS - 1;
    expect(leases.open("b", "bob", one, before)).toEqual({ ok: false, limit: "tenant", most: 1 });
    expect(leases.open("b", "bob", one, before + 1)).toEqual({ ok: true });
    // Two renewals may be lost on the way.
    expect(STREAM_LEASE_MS).toBeGreaterThanOrEqual(3 * STREAM_RENEW_MS);
  });

  it("are counted again after the object forgot them", () => {
    const leases = leasesOf();
    leases.renew("a", "ada", START);
    expect(leases.count(START)).toBe(1);
    leases.close("a");
    leases.close("a");
    expect(leases.count(START)).toBe(0);
  });

  it("never are more than either figure, whatever opens, closes and dies", () => {
    const steps = fc.array(
      fc.record({
        what: fc.constantFrom("open", "open", "close", "renew", "wait"),
        stream: fc.nat(30),
        who: fc.constantFrom("ada", "bob", "eve"),
        waitMs: fc.nat(90_000),
      }),
      { maxLength: 200 },
    );
    fc.assert(
      fc.property(
        steps,
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 1, max: 4 }),
        (given, streams, own) => {
          const leases = leasesOf();
          const limits = { ...DEFAULT_LIMITS, streams, principalStreams: own };
          const open = new Map<string, { who: string; until: number }>();
          let now = START;
          for (const { what, stream, who, waitMs } of given) {
            if (what === "wait") now += waitMs;
            for (const [id, { until }] of open) if (until <= now) open.delete(id);
            const id = `${who}-${stream}`;
            if (what === "open" && !open.has(id)) {
              const mine = [...open.values()].filter((each) => each.who === who).length;
              const verdict = leases.open(id, who, limits, now);
              expect(verdict.ok).toBe(open.size < streams && mine < own);
              if (verdict.ok) open.set(id, { who, until: now + STREAM_LEASE_MS });
            }
            if (what === "renew" && open.has(id)) {
              leases.renew(id, who, now);
              open.set(id, { who, until: now + STREAM_LEASE_MS });
            }
            if (what === "close") {
              leases.close(id);
              open.delete(id);
            }
          }
          expect(leases.count(now)).toBe(open.size);
        },
      ),
    );
  });
});

describe("streams whose object sleeps", () => {
  it("are known when it wakes, and stored no more often than every few minutes, short ones never", () => {
    const rows: Rows = new Map();
    let leases = leasesOf(rows);
    const one = { ...DEFAULT_LIMITS, streams: 1 };
    leases.open("short", "ada", one, START);
    leases.close("short");
    leases.open("long", "ada", one, START);
    expect(rows.size).toBe(0);
    const written = new Set<number>();
    let now = START;
    while (now < START + 4 * STREAM_STORED_MS) {
      now += STREAM_RENEW_MS;
      leases = leasesOf(rows, now);
      leases.renew("long", "ada", now);
      written.add(rows.get("long")?.until ?? 0);
      const next = leasesOf(rows, now + SLEEP_MS);
      expect(next.open("other", "bob", one, now + SLEEP_MS).ok).toBe(false);
    }
    expect(written.size).toBeLessThanOrEqual(8);
    leases.close("long");
    expect(rows.size).toBe(0);
  });

  it("are forgotten, though it sleeps and wakes all the time, when their isolate died", () => {
    const rows: Rows = new Map();
    leasesOf(rows).renew("dead", "ada", START);
    for (let at = START; at < START + STREAM_STORED_MS; at += SLEEP_MS) {
      expect(leasesOf(rows, at).count(at)).toBe(1);
    }
    expect(leasesOf(rows, START + STREAM_STORED_MS).count(START + STREAM_STORED_MS)).toBe(0);
    expect(rows.size).toBe(0);
  });

  it("never are more than twice the figure, however long one waits for it to sleep", () => {
    const tries = fc.array(fc.record({ waitMs: fc.nat(25_000), streams: fc.integer({ min: 1, max: 6 }) }), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(tries, fc.integer({ min: 1, max: 6 }), (given, most) => {
        const rows: Rows = new Map();
        const limits = { ...DEFAULT_LIMITS, principalStreams: most };
        const openedAt: number[] = [];
        let leases = leasesOf(rows);
        let calledAt = START;
        const calledAgain = (at: number): void => {
          if (at - calledAt >= SLEEP_MS) leases = leasesOf(rows, at);
          calledAt = at;
        };
        let now = START;
        for (const { waitMs, streams } of given) {
          const until = now + waitMs;
          for (const { id, at } of renewals(openedAt, now, until)) {
            calledAgain(at);
            leases.renew(id, "ada", at);
          }
          now = until;
          calledAgain(now);
          for (let i = 0; i < streams; i++) {
            if (leases.open(`${openedAt.length}`, "ada", limits, now).ok) openedAt.push(now);
          }
          expect(openedAt.length).toBeLessThanOrEqual(2 * most);
        }
      }),
    );
  });
});

/** What isolates say of streams that never end, in its order. */
function renewals(openedAt: readonly number[], after: number, until: number): { id: string; at: number }[] {
  const all: { id: string; at: number }[] = [];
  for (const [n, opened] of openedAt.entries()) {
    for (let at = opened + STREAM_RENEW_MS; at <= until; at += STREAM_RENEW_MS) {
      if (at > after) all.push({ id: `${n}`, at });
    }
  }
  return all.sort((a, b) => a.at - b.at);
}
