/** A round that takes longer is given up as dead, and does not hold up the next. */
const ROUND_LIMIT_MS = 5_000;
/** The runtime gives work after an answer 30 seconds. */
const TURN_LIMIT_MS = 15_000;
const ROUND_ITEMS = 100;

/** Work of an isolate in rounds, one at a time: what comes while one runs goes along with the next. */
export class Rounds<T> {
  readonly #pending: T[] = [];
  readonly #gapMs: number;
  #busyUntil = 0;

  /**
   * @param gapMs where more came during a round, the next one waits so long for what else comes: it costs the same
   *   round trips whatever it carries, and takes them from the requests that are under way
   */
  constructor(gapMs: number) {
    this.#gapMs = gapMs;
  }

  /**
   * Where a round runs already, returns at once: whoever runs it takes these items too. A round that fails is written
   * down, and the next begins: its items are other mutations'.
   */
  async take(items: readonly T[], work: (some: T[]) => Promise<void>): Promise<void> {
    this.#pending.push(...items);
    const began = Date.now();
    if (began < this.#busyUntil) return;
    try {
      while (this.#pending.length > 0 && Date.now() - began < TURN_LIMIT_MS) {
        this.#busyUntil = Date.now() + ROUND_LIMIT_MS;
        await attempt(work, this.#pending.splice(0, ROUND_ITEMS));
        if (this.#pending.length > 0 && this.#pending.length < ROUND_ITEMS) {
          await scheduler.wait(this.#gapMs);
        }
      }
    } finally {
      this.#busyUntil = 0;
    }
  }
}

async function attempt<T>(work: (some: T[]) => Promise<void>, some: T[]): Promise<void> {
  try {
    await work(some);
  } catch (error) {
    console.warn(JSON.stringify({ message: "a round after the answer failed", error: String(error) }));
  }
}
