import fc from "fast-check";
import type { LeaseAnswer } from "../../domain/limits/grant.ts";
import type { StoredCount } from "../../domain/limits/kept.ts";
import { Lessee } from "../../domain/limits/lessee.ts";
import { Quota } from "../../domain/limits/quota.ts";

export const START = 1_800_000_000_000;
export const MINUTE_MS = 60_000;
/** Above any that a test reaches. */
const FREE = 1_000_000;

/** Writes of one object, with their times: what is stored is what they left. */
class Journal {
  readonly writes: { at: number; owner: string; count: StoredCount | undefined }[] = [];
  now = START;

  put(owner: string, count: StoredCount): void {
    this.writes.push({ at: this.now, owner, count });
  }

  delete(owner: string): void {
    this.writes.push({ at: this.now, owner, count: undefined });
  }

  lose(after: number): void {
    while ((this.writes.at(-1)?.at ?? 0) > after) this.writes.pop();
  }

  get stored(): Map<string, StoredCount> {
    const rows = new Map<string, StoredCount>();
    for (const { owner, count } of this.writes) {
      if (count) rows.set(owner, count);
      else rows.delete(owner);
    }
    return rows;
  }
}

/** Some isolates that lease from one object, for one caller: his tenant's limit is what holds him, or his own. */
export class Installation {
  readonly passed: number[] = [];
  readonly journal = new Journal();
  refused = 0;
  asked = 0;
  /** Tokens of leases whose writes a crash took back. */
  forgotten = 0;
  private quota = new Quota(true, this.journal);
  private readonly granted: { at: number; tokens: number }[] = [];
  private readonly isolates: Lessee[];
  private readonly limits;

  constructor(limit: number, isolates: number, holds: "tenant" | "principal" = "tenant") {
    this.limits = {
      requestsPerMinute: holds === "tenant" ? limit : FREE,
      principalRequestsPerMinute: holds === "principal" ? limit : FREE,
      streams: 1,
      principalStreams: 1,
    };
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

  /** The object's own answer. */
  answer(tokens: number, now: number): LeaseAnswer {
    this.journal.now = now;
    const answer = this.quota.lease("usr_ada", undefined, this.limits, tokens, now);
    this.granted.push({ at: now, tokens: answer.granted });
    return answer;
  }

  /** The object begins anew with what is stored. @param lostMs what it wrote in this time before is not */
  restart(now: number, lostMs: number): void {
    const lostAfter = Math.max(now, this.journal.now) - lostMs;
    this.journal.lose(lostAfter);
    for (const { at, tokens } of this.granted) if (at > lostAfter) this.forgotten += tokens;
    this.quota = new Quota(true, this.journal);
    this.quota.restore(this.journal.stored, now);
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

  private lease(lessee: Lessee, tokens: number, now: number, delayMs: number): void {
    this.asked++;
    lessee.answered(tokens, this.answer(tokens, now + delayMs), now, now + 2 * delayMs);
  }
}

/** Bursts of any size from any isolate, at any pace, with pauses of any length: shares of the limit, so that it matters. */
export const traffic = fc.record({
  limit: fc.integer({ min: 1, max: 1_000 }),
  holds: fc.constantFrom("tenant" as const, "principal" as const),
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

export function* arrivals({
  limit,
  bursts,
}: Pick<Traffic, "limit" | "bursts">): Generator<{ isolate: number; at: number }> {
  let at = START;
  for (const { isolate, share, gapMs, pauseMs, spread } of bursts) {
    for (let i = 0; i < Math.ceil(limit * share); i++) {
      yield { isolate: spread ? isolate + i : isolate, at };
      at += gapMs;
    }
    at += pauseMs;
  }
}
