/**
 * The count of one limit, held by the object that owns it. Isolates do not ask it for each request: they lease tokens, and
 * each lease ends after LEASE_MS, so that a token is spent by then or never.
 *
 * A token counts from its grant until WINDOW_MS after its lease has ended, so wherever a minute begins, what was spent in
 * it was counted together at one moment, and never more than the quota. The quota is a little above the limit: tokens that
 * isolates leased and let go, and the time beyond the minute for which tokens count, must not be taken from whoever keeps
 * to the limit. docs/limits.md has both bounds, window.test.ts holds them.
 */

/** Limits are so many requests in this time. */
export const WINDOW_MS = 60_000;
/** Short, since what an isolate leased and does not spend counts as spent. */
export const LEASE_MS = 1_000;
/** Tokens are counted by slots of time, so that what is kept does not grow with their number. */
const SLOT_MS = 250;
/** What the quota has above the limit: the documented error. */
const TOLERANCE = 0.08;

/** Tokens that may be counted at once for a limit of so many requests a minute. */
export const quotaOf = (limit: number): number => Math.floor(limit * (1 + TOLERANCE));

interface Slot {
  /** Milliseconds since 1970 when its tokens count no longer. */
  until: number;
  tokens: number;
}

export class QuotaWindow {
  /** Oldest first. */
  readonly #slots: Slot[] = [];
  #counted = 0;

  /** Tokens that may be granted now. */
  free(limit: number, now: number): number {
    this.#expire(now);
    return Math.max(0, quotaOf(limit) - this.#counted);
  }

  /** Counts a lease. @param tokens no more than are free */
  grant(tokens: number, now: number): void {
    this.count(tokens, Math.floor((now + LEASE_MS) / SLOT_MS) * SLOT_MS + SLOT_MS + WINDOW_MS);
  }

  /** @param ends when they count no longer, in milliseconds since 1970 */
  protected count(tokens: number, ends: number): void {
    const last = this.#slots.at(-1);
    // A clock that steps back never shortens the time for which a token counts.
    const until = Math.max(ends, last?.until ?? 0);
    this.#counted += tokens;
    if (last?.until === until) last.tokens += tokens;
    else this.#slots.push({ until, tokens });
  }

  /** Milliseconds until so many tokens are free, at least 1 where they are not. */
  waitFor(tokens: number, limit: number, now: number): number {
    let missing = tokens - this.free(limit, now);
    if (missing <= 0) return 0;
    for (const slot of this.#slots) {
      missing -= slot.tokens;
      if (missing <= 0) return Math.max(1, slot.until - now);
    }
    return WINDOW_MS;
  }

  /** Milliseconds until nothing is counted any more. */
  resetMs(now: number): number {
    this.#expire(now);
    return Math.max(0, (this.#slots.at(-1)?.until ?? now) - now);
  }

  protected get slots(): readonly Slot[] {
    return this.#slots;
  }

  get isEmpty(): boolean {
    return this.#slots.length === 0;
  }

  #expire(now: number): void {
    let gone = 0;
    for (const slot of this.#slots) {
      if (slot.until > now) break;
      this.#counted -= slot.tokens;
      gone++;
    }
    if (gone > 0) this.#slots.splice(0, gone);
  }
}
