import { type Due, type DueKind, dueBy, nextAlarm, retryDelayMs } from "../../domain/cluster/due.ts";

export type DueHandlers = Record<DueKind, (now: number) => Promise<void> | void>;

/** The object's one alarm, over the table of what is due: where nothing is, none stands. */
export class Alarms {
  readonly #storage: DurableObjectStorage;
  #table: (Due & { tries: number })[] | undefined;
  /** When the alarm is set for; undefined while that is not known. */
  #armedAt: number | null | undefined;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  #rows(): (Due & { tries: number })[] {
    this.#table ??= this.#storage.sql
      .exec<{ kind: DueKind; at: number; tries: number }>("SELECT kind, at, tries FROM due")
      .toArray();
    return this.#table;
  }

  /** Has something done at a time, or earlier where it stands earlier already. */
  due(kind: DueKind, at: number, tries = 0): void {
    const rows = this.#rows();
    const known = rows.find((row) => row.kind === kind);
    if (known && known.at <= at) return;
    this.#storage.sql.exec("INSERT OR REPLACE INTO due VALUES (?, ?, ?)", kind, at, tries);
    this.#table = [...rows.filter((row) => row.kind !== kind), { kind, at, tries }];
  }

  cancel(kind: DueKind): void {
    if (!this.#rows().some((row) => row.kind === kind)) return;
    this.#storage.sql.exec("DELETE FROM due WHERE kind = ?", kind);
    this.#table = this.#rows().filter((row) => row.kind !== kind);
  }

  stands(kind: DueKind): boolean {
    return this.#rows().some((row) => row.kind === kind);
  }

  /** Sets the alarm for what comes first. Called after whatever changes the table. */
  async arm(): Promise<void> {
    const next = nextAlarm(this.#rows());
    if (next === null) return;
    if (this.#armedAt === undefined) this.#armedAt = await this.#storage.getAlarm();
    if (this.#armedAt !== null && this.#armedAt <= next) return;
    this.#armedAt = next;
    await this.#storage.setAlarm(next);
  }

  /** Does what is due. What fails is tried again later, and fails alone. */
  async run(now: number, handlers: DueHandlers): Promise<void> {
    this.#armedAt = null;
    for (const kind of dueBy(this.#rows(), now)) {
      const tries = this.#rows().find((row) => row.kind === kind)?.tries ?? 0;
      this.cancel(kind);
      try {
        await handlers[kind](now);
      } catch (error) {
        console.warn(JSON.stringify({ message: "a due task failed", kind, tries, error: String(error) }));
        this.due(kind, now + retryDelayMs(tries, Math.random()), tries + 1);
      }
    }
  }
}
