/** The numbers of a log's mutations: each once, in order and without a gap, up to the one that the database gave out last. */
export class Numbers {
  /** The greatest so far. */
  last = 0;
  #skipped = 0;

  /** Entries that are not there any more may have had numbers, as many as they are. */
  skip(entries: number): void {
    this.#skipped += entries;
  }

  /** @returns what is wrong */
  take(where: string, number: number | undefined): string[] {
    if (number === undefined) return [];
    const expected = this.last + 1;
    const skipped = this.#skipped;
    this.#skipped = 0;
    this.last = Math.max(number, this.last);
    if (number < expected) return [`${where} has number ${number}, which an entry before it has taken`];
    if (number <= expected + skipped) return [];
    const missing =
      number === expected + 1 ? `number ${expected} is` : `numbers ${expected} to ${number - 1} are`;
    return [`${missing} missing before ${where}`];
  }

  /** @param given what the database had given out before the log was read, and after */
  end(given: { from: number; to: number }): string[] {
    const { last } = this;
    if (last + this.#skipped < given.from) {
      return [`the database gave out number ${given.from}, the log ends with ${last}: the tail is missing`];
    }
    return last > given.to
      ? [`the log holds number ${last}, the database gave out ${given.to} only: it was set back`]
      : [];
  }
}
