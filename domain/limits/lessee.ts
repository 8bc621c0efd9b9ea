import type { LeaseAnswer, LimitState } from "./grant.ts";
import { LEASE_MS } from "./window.ts";

/** For each so many requests of late, one token may be leased ahead: this bounds what is leased in vain. */
const USES_PER_SPARE_TOKEN = 32;
/** Time that counts as of late is between this and twice as much. */
const RECENT_MS = 10_000;
/** No lease is larger than this share of the limit, nor than MAX_LEASE. */
const LARGEST_SHARE = 1 / 20;
const MAX_LEASE = 200;
/** Where so many may be had ahead, they are asked for before the last is spent. */
const WORTH_ASKING_AHEAD = 8;
/** A refusal holds in this isolate so long at most: a limit may be raised meanwhile. */
const MAX_REFUSAL_MS = 1_000;
/** Where the owner does not answer, an isolate lets this share of the limit through, spread over the minute. */
const ALONE_SHARE = 1 / 10;
/** Requests of one page come together. */
const ALONE_BURST = 10;

interface Counts {
  uses: number;
  wasted: number;
}

const NONE: Counts = { uses: 0, wasted: 0 };

/** One isolate's side of one principal's limits: tokens in hand, and how many to ask for. */
export class Lessee {
  readonly #leases: { tokens: number; until: number }[] = [];
  #now = NONE;
  #before = NONE;
  #turnedAt = 0;
  /** Tokens of questions that are under way. */
  #asked = 0;
  #refusedUntil = 0;
  #retryAt = 0;
  #aloneUntil = 0;
  #aloneAt = 0;
  #limits: LimitState[] = [];
  #toldAt = 0;

  /** Spends a token in hand. */
  take(now: number): boolean {
    this.#settle(now);
    const [oldest] = this.#leases;
    if (!oldest) return false;
    oldest.tokens -= 1;
    if (oldest.tokens === 0) this.#leases.shift();
    this.#now = { ...this.#now, uses: this.#now.uses + 1 };
    return true;
  }

  /** Milliseconds for which nothing needs to be asked, since the owner said no; 0 otherwise. */
  refusedMs(now: number): number {
    return Math.max(0, this.#refusedUntil - now);
  }

  /** Milliseconds until the owner has something to give, as it last said. */
  retryAfterMs(now: number): number {
    return Math.max(0, this.#retryAt - now);
  }

  /** How many to ask for: one for the request that asks, and some for those that likely follow. */
  ask(now: number): number {
    const tokens = 1 + this.#spare(now);
    this.#asked += tokens;
    return tokens;
  }

  /** How many to ask for ahead, before those in hand are spent; mostly 0. */
  askAhead(now: number): number {
    const tokens = this.#spare(now);
    if (tokens < WORTH_ASKING_AHEAD || tokens < 3 * this.#inHand || this.refusedMs(now) > 0) return 0;
    this.#asked += tokens;
    return tokens;
  }

  /** @param askedAt when the question left: the lease ends LEASE_MS after, which is before the owner counts it as ended */
  answered(tokens: number, answer: LeaseAnswer, askedAt: number, now: number): void {
    this.#asked -= tokens;
    this.#limits = answer.limits;
    this.#toldAt = now;
    this.#aloneUntil = 0;
    this.#retryAt = answer.granted > 0 ? 0 : now + answer.retryAfterMs;
    this.#refusedUntil = Math.min(this.#retryAt, now + MAX_REFUSAL_MS);
    if (answer.granted > 0) this.#leases.push({ tokens: answer.granted, until: askedAt + LEASE_MS });
  }

  /** The owner did not answer: for a while it is not asked, see {@link takeAlone}. */
  unanswered(tokens: number, now: number, pauseMs: number): void {
    this.#asked -= tokens;
    this.#aloneUntil = now + pauseMs;
  }

  /** Whether this isolate decides by itself, because the owner did not answer of late. */
  isAlone(now: number): boolean {
    return now < this.#aloneUntil;
  }

  /** One request, where it is within an even share of the limit. @param limit where none is known yet */
  takeAlone(now: number, limit: number): boolean {
    const known = this.#limits.length > 0 ? this.#smallest() : limit;
    const everyMs = 60_000 / (known * ALONE_SHARE);
    const at = Math.max(this.#aloneAt, now - ALONE_BURST * everyMs);
    if (at + everyMs > now) return false;
    this.#aloneAt = at + everyMs;
    return true;
  }

  /** The limits as far as they are known, with what is in hand. */
  limits(now: number): LimitState[] {
    const passed = now - this.#toldAt;
    return this.#limits.map((each) => ({
      ...each,
      left: each.left + this.#inHand,
      resetMs: Math.max(0, each.resetMs - passed),
    }));
  }

  get #inHand(): number {
    return this.#leases.reduce((sum, { tokens }) => sum + tokens, 0);
  }

  #smallest(): number {
    return Math.min(...this.#limits.map(({ limit }) => limit), Number.MAX_SAFE_INTEGER);
  }

  /** All that is leased and not spent, and what was let go of late, stays below a share of what was spent of late. */
  #spare(now: number): number {
    this.#settle(now);
    const uses = this.#now.uses + this.#before.uses;
    const wasted = this.#now.wasted + this.#before.wasted;
    const spare = Math.floor(uses / USES_PER_SPARE_TOKEN) - wasted - this.#inHand - this.#asked;
    const largest = Math.min(MAX_LEASE, Math.floor(this.#smallest() * LARGEST_SHARE)) - 1;
    return Math.max(0, Math.min(spare, largest));
  }

  #settle(now: number): void {
    if (now - this.#turnedAt >= RECENT_MS) {
      this.#before = now - this.#turnedAt < 2 * RECENT_MS ? this.#now : NONE;
      this.#now = NONE;
      this.#turnedAt = now;
    }
    while (this.#leases[0] && this.#leases[0].until <= now) {
      this.#now = { ...this.#now, wasted: this.#now.wasted + this.#leases[0].tokens };
      this.#leases.shift();
    }
  }
}
