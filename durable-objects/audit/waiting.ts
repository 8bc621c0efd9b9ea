import type { AuditEntry } from "../../domain/audit/entry.ts";
import type { Sequence, Sequenced } from "../../domain/audit/sequence.ts";

/** More than some seconds of the busiest log: whoever is missing then is not on its way. */
const MAX_WAITING = 5_000;

/** Entries that came before their predecessors, and the number up to which there are no others. */
export class WaitingEntries {
  readonly #sql: SqlStorage;
  #state: Sequence | undefined;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  get state(): Sequence {
    this.#state ??= this.#load();
    return this.#state;
  }

  get isFull(): boolean {
    return this.state.waiting.size > MAX_WAITING;
  }

  /** Writes down what {@link sequence} decided. */
  settle({ last, waiting }: Sequence, { kept, freed, last: newLast }: Sequenced, now: number): void {
    if (newLast === last && kept.length === 0) return;
    const after = new Map(waiting);
    for (const number of freed) {
      this.#sql.exec("DELETE FROM waiting WHERE number = ?", number);
      after.delete(number);
    }
    for (const entry of kept) {
      const number = entry.number as number;
      this.#sql.exec("INSERT INTO waiting VALUES (?, ?, ?, ?)", number, entry.id, JSON.stringify(entry), now);
      after.set(number, entry);
    }
    this.#setLast(newLast);
    this.#state = { last: newLast, waiting: after };
  }

  /** Everything that waits, by number; it waits no longer. */
  takeAll(): AuditEntry[] {
    const entries = [...this.state.waiting].sort(([a], [b]) => a - b);
    const last = entries.at(-1)?.[0];
    if (last === undefined) return [];
    this.#sql.exec("DELETE FROM waiting");
    this.#setLast(last);
    this.#state = { last, waiting: new Map() };
    return entries.map(([, entry]) => entry);
  }

  /** Since when the oldest waits; null where none does. */
  since(): number | null {
    if (this.state.waiting.size === 0) return null;
    return this.#sql.exec<{ at: number }>("SELECT MIN(at) AS at FROM waiting").one().at;
  }

  /** After a transaction that did not happen. */
  forget(): void {
    this.#state = undefined;
  }

  #setLast(last: number): void {
    this.#sql.exec("UPDATE state SET last_number = ?", last);
  }

  #load(): Sequence {
    const { last } = this.#sql.exec<{ last: number }>("SELECT last_number AS last FROM state").one();
    const rows = this.#sql.exec<{ number: number; entry: string }>("SELECT number, entry FROM waiting");
    return { last, waiting: new Map([...rows].map(({ number, entry }) => [number, JSON.parse(entry)])) };
  }
}
