import type { StoredCount } from "../domain/limits/kept.ts";
import type { CountStore } from "../domain/limits/quota.ts";

const PREFIX = "count:";
/**
 * A lease does not wait until its count is on disk: else each would cost its caller a write's time. A sleep and a deploy lose
 * nothing by it; where the machine dies, what was granted in the milliseconds before may be forgotten.
 */
const UNCONFIRMED = { allowUnconfirmed: true };

/** Counts of one object, a row each, in its own storage. */
export class StoredCounts implements CountStore {
  readonly #storage: DurableObjectStorage;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  /** All that is stored, by owner. */
  async load(): Promise<Map<string, StoredCount>> {
    const rows = await this.#storage.list<StoredCount>({ prefix: PREFIX });
    return new Map(Array.from(rows, ([key, count]) => [key.slice(PREFIX.length), count]));
  }

  put(owner: string, count: StoredCount): void {
    this.#storage.put(`${PREFIX}${owner}`, count, UNCONFIRMED).catch(warn);
  }

  delete(owner: string): void {
    this.#storage.delete(`${PREFIX}${owner}`, UNCONFIRMED).catch(warn);
  }
}

const warn = (error: unknown): void =>
  console.warn(JSON.stringify({ message: "a count was not stored", error: String(error) }));
