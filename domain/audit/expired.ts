/**
 * Entries of which only the hashes are left. A log loses its oldest entries first and never its newest, so what is missing
 * elsewhere was hidden: its hash alone would make every root come out right.
 */
export class Expired {
  /** Entries so far. */
  count = 0;

  /** @param size entries of the log before these @returns what is wrong */
  take(index: number, hashes: number, size: number): string[] {
    const isPrefix = this.count === size;
    this.count += hashes;
    if (index !== size) return [`the expired entries from ${index} on stand where entry ${size} belongs`];
    if (isPrefix) return [];
    return [`${hashes} entries from ${index} on are said to be expired, though older ones are there: hidden`];
  }

  /** @param size entries of the log @returns what is wrong */
  end(size: number): string[] {
    if (size === 0 || this.count < size) return [];
    return [`the newest entry, ${size - 1}, is said to be expired, which never happens: it was hidden`];
  }

  remarks(): string[] {
    const { count } = this;
    if (count === 0) return [];
    return [
      `${count} entries are past their retention, up to entry ${count - 1}: only their hashes are there, and what they said is not verified`,
    ];
  }
}
