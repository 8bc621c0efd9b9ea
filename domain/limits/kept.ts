/**
 * A count that outlives its object. What is stored accounts for every token granted: it holds those that were granted when it
 * was written, and how many more may have been granted since without another write. An object that wakes takes these as
 * granted too, so a sleep or a restart never lets more through; whoever keeps to the limit is spared by their being few.
 */
import { QuotaWindow } from "./window.ts";

/** Of a limit, as much may be granted without a write: at the full limit this makes some three writes a second at most. */
const UNWRITTEN_SHARE = 1 / 200;
/** What is granted later than this after a write is written: it bounds for how long tokens count that were not. */
const UNWRITTEN_MS = 1_000;

/** A window as it is stored. */
export interface StoredCount {
  /** Tokens that may have been granted within UNWRITTEN_MS of this, beside those of the slots. */
  unwritten: number;
  /** Oldest first: when the slot's tokens count no longer, in milliseconds since 1970, and how many; then the next slot's. */
  slots: number[];
}

export class KeptWindow extends QuotaWindow {
  #unwritten = 0;
  #mayBeUnwritten = 0;
  #writtenAt = Number.NEGATIVE_INFINITY;

  /** The window that was stored, as full as it can have been. */
  static restored({ unwritten, slots }: StoredCount): KeptWindow {
    const window = new KeptWindow();
    for (let i = 0; i + 1 < slots.length; i += 2) window.count(slots[i + 1] ?? 0, slots[i] ?? 0);
    if (unwritten > 0) window.count(unwritten, (slots.at(-2) ?? 0) + UNWRITTEN_MS);
    return window;
  }

  /** To be called with each lease that was granted. @returns what to store, where what is stored does not account for it */
  settle(tokens: number, limit: number, now: number): StoredCount | undefined {
    this.#unwritten += tokens;
    const sinceWrite = Math.abs(now - this.#writtenAt);
    if (this.#unwritten <= this.#mayBeUnwritten && sinceWrite < UNWRITTEN_MS) return undefined;
    this.#unwritten = 0;
    this.#mayBeUnwritten = Math.floor(limit * UNWRITTEN_SHARE);
    this.#writtenAt = now;
    return {
      unwritten: this.#mayBeUnwritten,
      slots: this.slots.flatMap(({ until, tokens: counted }) => [until, counted]),
    };
  }
}
