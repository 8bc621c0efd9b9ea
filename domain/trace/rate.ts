export interface Rate {
  perSecond: number;
  /** So many at once, after a pause. */
  burst: number;
}

/** Keys that are remembered: the longest unused goes, and starts with a full bucket. */
const MAX_KEYS = 1_000;

/** A token bucket a key. Time comes in as an argument, in milliseconds, and does not go back. */
export class RateLimit {
  readonly #rate: Rate;
  readonly #buckets = new Map<string, { tokens: number; at: number }>();

  constructor(rate: Rate) {
    this.#rate = rate;
  }

  /** Whether there is one left; it is taken then. */
  take(key: string, now: number): boolean {
    const { perSecond, burst } = this.#rate;
    const { tokens, at } = this.#buckets.get(key) ?? { tokens: burst, at: now };
    const filled = Math.min(burst, tokens + (Math.max(0, now - at) / 1_000) * perSecond);
    const isTaken = filled >= 1;
    this.#buckets.delete(key);
    this.#buckets.set(key, { tokens: isTaken ? filled - 1 : filled, at: now });
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > MAX_KEYS && oldest !== undefined) this.#buckets.delete(oldest);
    return isTaken;
  }
}
