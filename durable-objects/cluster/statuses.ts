import { decideReport } from "../../domain/cluster/status.ts";
import type { DocumentStatus } from "../../protocol/resources/status.ts";
import type { Documents } from "./documents.ts";
import type { ClusterState } from "./state.ts";

export interface StatusRow {
  key: string;
  status: DocumentStatus;
  statusSeq: number;
  /** Milliseconds since 1970. */
  at: number;
}

type Raw = { key: string; json: string; statusSeq: number; at: number };

const toRow = ({ key, json, statusSeq, at }: Raw): StatusRow => ({
  key,
  status: JSON.parse(json) as DocumentStatus,
  statusSeq,
  at,
});

/** The newest status a key, and what of it is not in D1 yet. */
export class Statuses {
  readonly #sql: SqlStorage;
  readonly #documents: Documents;

  constructor(sql: SqlStorage, documents: Documents) {
    this.#sql = sql;
    this.#documents = documents;
  }

  /** @returns how many reports changed anything, and how many named an orphan that was not known */
  take(
    state: ClusterState,
    reports: readonly DocumentStatus[],
    now: number,
  ): { changed: number; orphans: number } {
    let changed = 0;
    let orphans = 0;
    for (const report of reports) {
      const json = JSON.stringify(report);
      const desired = this.#documents.revisionOf(report.key);
      const row = this.#sql
        .exec<{ revision: number; json: string }>(
          "SELECT revision, json FROM status WHERE key = ?",
          report.key,
        )
        .toArray()[0];
      const held = row && { revision: row.revision, equal: row.json === json };
      const decision = decideReport(report, desired, held);
      if (decision === "orphan") orphans += this.#orphan(report, now);
      if (decision !== "take") continue;
      state.statusSeq += 1;
      changed += 1;
      this.#sql.exec(
        "INSERT OR REPLACE INTO status (key, revision, json, status_seq, at, projected) VALUES (?, ?, ?, ?, ?, 0)",
        report.key,
        report.revision,
        json,
        state.statusSeq,
        now,
      );
    }
    return { changed, orphans };
  }

  #orphan(report: DocumentStatus, now: number): number {
    const known = this.#sql.exec("SELECT 1 FROM orphans WHERE key = ?", report.key).toArray().length > 0;
    if (known) return 0;
    this.#sql.exec("INSERT INTO orphans VALUES (?, ?, ?)", report.key, report.message ?? "", now);
    return 1;
  }

  orphans(limit: number): { key: string; message: string }[] {
    const sql = "SELECT key, message FROM orphans ORDER BY key LIMIT ?";
    return this.#sql.exec<{ key: string; message: string }>(sql, limit).toArray();
  }

  countOrphans(): number {
    return this.#sql.exec<{ n: number }>("SELECT COUNT(*) AS n FROM orphans").one().n;
  }

  isOrphan(key: string): boolean {
    return this.#sql.exec("SELECT 1 FROM orphans WHERE key = ?", key).toArray().length > 0;
  }

  of(keys: readonly string[]): DocumentStatus[] {
    const sql = "SELECT json FROM status WHERE key IN (SELECT value FROM json_each(?))";
    return this.#sql
      .exec<{ json: string }>(sql, JSON.stringify(keys))
      .toArray()
      .map(({ json }) => JSON.parse(json) as DocumentStatus);
  }

  unprojected(limit: number): StatusRow[] {
    const sql = `SELECT key, json, status_seq AS statusSeq, at FROM status WHERE projected = 0 ORDER BY status_seq LIMIT ?`;
    return this.#sql.exec<Raw>(sql, limit).toArray().map(toRow);
  }

  /** Marks what D1 has now; what changed meanwhile stays. What is deleted for good needs no status any more. */
  projected(rows: readonly StatusRow[]): void {
    for (const { key, statusSeq, status } of rows) {
      const gone = status.phase === "Deleted" && this.#documents.revisionOf(key)?.op !== "upsert";
      this.#sql.exec(
        gone
          ? "DELETE FROM status WHERE key = ? AND status_seq = ?"
          : "UPDATE status SET projected = 1 WHERE key = ? AND status_seq = ?",
        key,
        statusSeq,
      );
    }
  }
}
