import { sha256 } from "@noble/hashes/sha2.js";
import type { AuditEntry } from "../../domain/audit/entry.ts";
import { leafText } from "../../domain/audit/leaf.ts";
import { leafHash } from "../../domain/audit/merkle.ts";
import { onlySealed } from "../../domain/audit/personal.ts";
import { searchText } from "../../domain/audit/search.ts";
import { GAP_LIMIT_MS, sequence } from "../../domain/audit/sequence.ts";
import { StoredTree } from "./tree.ts";
import { WaitingEntries } from "./waiting.ts";

const utf8 = new TextEncoder();

/** Writer of one log: entries in the order of their numbers, each a leaf of the tree. */
export class AuditLog {
  readonly #storage: DurableObjectStorage;
  readonly #sql: SqlStorage;
  readonly #waiting: WaitingEntries;
  #lateness: number | undefined;
  readonly tree: StoredTree;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.#sql = storage.sql;
    this.#waiting = new WaitingEntries(storage.sql);
    this.tree = new StoredTree(storage.sql);
  }

  /** By how much an entry came later than its own time, at most: bounds where those of a time can stand. */
  get lateness(): number {
    this.#lateness ??= this.#storage.kv.get<number>("lateness") ?? 0;
    return this.#lateness;
  }

  /** All of them or none; one whose id is known already is left out. @param now milliseconds since 1970 */
  append(entries: readonly AuditEntry[], now: number): void {
    if (entries.length === 0) return;
    this.#atomically(() => {
      const state = this.#waiting.state;
      const sequenced = sequence(state, this.#unknown(entries));
      for (const entry of sequenced.ready) this.#appendOne(entry, now);
      this.#waiting.settle(state, sequenced, now);
    });
    if (this.#waiting.isFull) this.#appendWaiting(now);
  }

  /** Entries that have waited too long for their predecessor are appended without it. */
  giveGapsUp(now: number): void {
    const endsAt = this.gapEndsAt();
    if (endsAt !== null && endsAt <= now) this.#appendWaiting(now);
  }

  /** When the oldest entry that waits is given up waiting; null where none does. */
  gapEndsAt(): number | null {
    const since = this.#waiting.since();
    return since === null ? null : since + GAP_LIMIT_MS;
  }

  #appendWaiting(now: number): void {
    this.#atomically(() => {
      for (const entry of this.#waiting.takeAll()) this.#appendOne(entry, now);
    });
  }

  /** What memory holds is what the storage holds, whether the work succeeds or not. */
  #atomically(work: () => void): void {
    try {
      this.#storage.transactionSync(work);
    } catch (error) {
      this.tree.forget();
      this.#waiting.forget();
      this.#lateness = undefined;
      throw error;
    }
  }

  /** Those that neither stand in the log nor wait for it, each once. */
  #unknown(entries: readonly AuditEntry[]): AuditEntry[] {
    const byId = new Map(entries.map((entry) => [entry.id, entry]));
    const known = this.#sql.exec<{ id: string }>(
      `SELECT value AS id FROM json_each(?) WHERE EXISTS (SELECT 1 FROM entries e WHERE e.id = value)
        OR EXISTS (SELECT 1 FROM waiting w WHERE w.id = value)
        OR EXISTS (SELECT 1 FROM archived a WHERE a.id = value)`,
      JSON.stringify([...byId.keys()]),
    );
    for (const { id } of known) byId.delete(id);
    return [...byId.values()];
  }

  #appendOne(given: AuditEntry, now: number): void {
    const entry = onlySealed(given);
    const { size } = this.tree.frontier;
    const leaf = leafText(entry, this.tree.lastLeaf);
    this.tree.append(leafHash(sha256, utf8.encode(leaf)));
    this.#sql.exec(
      "INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      size,
      entry.id,
      entry.number ?? null,
      Date.parse(entry.time),
      entry.actor.id,
      entry.action,
      entry.object,
      entry.outcome,
      now,
      leaf,
    );
    this.#sql.exec("INSERT INTO search (rowid, text) VALUES (?, ?)", size, searchText(entry));
    this.#noteLateness(now - Date.parse(entry.time));
  }

  #noteLateness(late: number): void {
    if (late <= this.lateness) return;
    // Twice as much as was seen: so that it is seldom written.
    this.#lateness = 2 * late;
    this.#storage.kv.put("lateness", this.#lateness);
  }
}
