import { COUNT_WINDOW_MS, counted, likeness, timesOf } from "../../domain/audit/counted.ts";
import type { AuditEntry } from "../../domain/audit/entry.ts";

/** Kinds that are counted at a time: far more than the callers of a minute make. What is beyond is counted as one. */
const MAX_COUNTED = 10_000;
const OTHERS = "others";

/** What is like an entry that the log took a moment ago: counted here until its minute ends. */
export class CountedNotes {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** @returns whether the entry is counted here; else it is the first of its kind, and belongs into the log now */
  count(entry: AuditEntry, now: number): boolean {
    const text = JSON.stringify(entry);
    const key = this.#size() < MAX_COUNTED ? likeness(entry) : OTHERS;
    const { rowsWritten } = this.#sql.exec(
      "UPDATE counted SET times = times + ?, entry = ? WHERE likeness = ?",
      timesOf(entry),
      text,
      key,
    );
    if (rowsWritten > 0) return true;
    this.#sql.exec("INSERT INTO counted VALUES (?, ?, 0, ?)", key, text, now + COUNT_WINDOW_MS);
    return false;
  }

  /** Those whose minute has ended, each with how often it came; they are counted no longer. */
  takeDue(now: number): AuditEntry[] {
    const due = this.#sql
      .exec<{ entry: string; times: number }>(
        "DELETE FROM counted WHERE until <= ? RETURNING entry, times",
        now,
      )
      .toArray();
    return due.flatMap(({ entry, times }) => (times > 0 ? [counted(JSON.parse(entry), times)] : []));
  }

  /** When the first minute ends; null where nothing is counted. */
  earliest(): number | null {
    return this.#sql.exec<{ at: number | null }>("SELECT MIN(until) AS at FROM counted").one().at;
  }

  #size(): number {
    return this.#sql.exec<{ n: number }>("SELECT COUNT(*) AS n FROM counted").one().n;
  }
}
