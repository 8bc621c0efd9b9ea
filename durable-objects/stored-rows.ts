import type { StoredCount } from "../domain/limits/kept.ts";
import type { StoredStream } from "../domain/limits/streams.ts";

/**
 * An answer does not wait until what is counted is on disk: else each would cost its caller a write's time. A sleep and a
 * deploy lose nothing by it; where the machine dies, what was counted in the milliseconds before may be forgotten.
 */
const UNCONFIRMED = { allowUnconfirmed: true };

/** What one object counts, a row each, in its own storage, under names that begin alike. */
export class StoredRows<T extends StoredCount | StoredStream> {
  readonly #storage: DurableObjectStorage;
  readonly #prefix: string;
  #restoring: Promise<void> | undefined;

  constructor(storage: DurableObjectStorage, prefix: "count:" | "stream:") {
    this.#storage = storage;
    this.#prefix = prefix;
  }

  /**
   * Hands over all that is stored, by what follows the prefix, once. Where the storage does not answer this throws, and the
   * next call tries again.
   */
  restore(take: (rows: Map<string, T>) => void): Promise<void> {
    this.#restoring ??= this.#load().then(take, (error: unknown) => {
      this.#restoring = undefined;
      throw error;
    });
    return this.#restoring;
  }

  put(name: string, row: T): void {
    this.#storage.put(`${this.#prefix}${name}`, row, UNCONFIRMED).catch(warn);
  }

  delete(name: string): void {
    this.#storage.delete(`${this.#prefix}${name}`, UNCONFIRMED).catch(warn);
  }

  async #load(): Promise<Map<string, T>> {
    const rows = await this.#storage.list<T>({ prefix: this.#prefix });
    return new Map(Array.from(rows, ([key, row]) => [key.slice(this.#prefix.length), row]));
  }
}

const warn = (error: unknown): void =>
  console.warn(JSON.stringify({ message: "a count was not stored", error: String(error) }));
