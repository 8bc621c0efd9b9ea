import {
  ARCHIVE_AFTER_MS,
  BUNDLE_ENTRIES,
  bundleName,
  bundleOf,
  bundleText,
  expiresAt,
} from "../../domain/audit/bundle.ts";
import type { LeafAt } from "../rpc.ts";
import { writeOnce } from "./write-once.ts";

/** Bundles that one round makes at most: an object does one thing at a time. */
const BUNDLES_A_ROUND = 20;

/** Moves old entries of one log into bundles in R2, and deletes bundles that are past their retention. */
export class Mover {
  readonly #storage: DurableObjectStorage;
  readonly #sql: SqlStorage;
  readonly #bucket: R2Bucket;
  readonly #log: string;

  constructor(storage: DurableObjectStorage, bucket: R2Bucket, log: string) {
    this.#storage = storage;
    this.#sql = storage.sql;
    this.#bucket = bucket;
    this.#log = log;
  }

  /** When the oldest entry of the log itself is due; null where only the newest is there. */
  dueAt(): number | null {
    const [oldest, next] = this.#sql
      .exec<{ at: number }>("SELECT appended_at AS at FROM entries ORDER BY idx LIMIT 2")
      .toArray();
    return oldest && next ? oldest.at + ARCHIVE_AFTER_MS : null;
  }

  /**
   * Moves what is older than 90 days, oldest first. The newest entry stays, however old: it would expire in its bundle, and
   * of a log whose newest entry cannot be read nobody can tell that it was not hidden (domain/audit/expired.ts).
   * @returns whether more is left to be moved
   */
  async moveDue(now: number): Promise<boolean> {
    for (let round = 0; round < BUNDLES_A_ROUND; round++) {
      const due = this.#due(now);
      if (due.length === 0) return false;
      await this.#move(due);
    }
    return this.#due(now).length > 0;
  }

  /** Deletes bundles whose entries are all past their retention; their hashes stay. */
  async deleteExpired(retentionDays: number, now: number): Promise<void> {
    const kept = this.#sql
      .exec<{ first: number; last: number; name: string; newest_at: number }>(
        "SELECT first, last, name, newest_at FROM bundles WHERE deleted_at IS NULL ORDER BY first",
      )
      .toArray();
    for (const { first, last, name, newest_at } of kept) {
      if (expiresAt(newest_at, retentionDays) > now) break;
      await this.#bucket.delete(name);
      this.#storage.transactionSync(() => {
        this.#sql.exec("UPDATE bundles SET deleted_at = ? WHERE first = ?", now, first);
        this.#sql.exec("DELETE FROM archived WHERE idx BETWEEN ? AND ?", first, last);
      });
    }
  }

  #due(now: number): LeafAt[] {
    // A bundle that a crash left half moved is finished as it was begun: its name is its range.
    const begun = this.#storage.kv.get<{ last: number }>("moving")?.last;
    return this.#sql
      .exec<{ index: number; leaf: string }>(
        "SELECT idx AS 'index', leaf FROM entries WHERE appended_at <= ? AND idx <= ? AND idx < (SELECT MAX(idx) FROM entries) ORDER BY idx LIMIT ?",
        now - ARCHIVE_AFTER_MS,
        begun ?? Number.MAX_SAFE_INTEGER,
        BUNDLE_ENTRIES,
      )
      .toArray();
  }

  async #move(due: LeafAt[]): Promise<void> {
    const bundle = bundleOf(due);
    const [first, last] = [bundle[0]?.index ?? 0, bundle.at(-1)?.index ?? 0];
    this.#storage.kv.put("moving", { last });
    const name = bundleName(this.#log, first, last);
    const text = bundleText(bundle.map(({ leaf }) => leaf));
    const digest = await writeOnce(this.#bucket, name, text, { log: this.#log });
    this.#storage.transactionSync(() => {
      this.#sql.exec(
        `INSERT INTO bundles (first, last, name, sha256, newest_at)
          SELECT ?1, ?2, ?3, ?4, appended_at FROM entries WHERE idx = ?2`,
        first,
        last,
        name,
        digest,
      );
      this.#sql.exec(
        "INSERT INTO archived (id, idx) SELECT id, idx FROM entries WHERE idx BETWEEN ? AND ?",
        first,
        last,
      );
      this.#sql.exec("DELETE FROM search WHERE rowid BETWEEN ? AND ?", first, last);
      this.#sql.exec("DELETE FROM entries WHERE idx BETWEEN ? AND ?", first, last);
      this.#storage.kv.delete("moving");
    });
  }
}
