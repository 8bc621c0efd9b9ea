import { canonicalJson, sha256 } from "../../domain/canonical/index.ts";
import { isNewer } from "../../domain/cluster/lineage.ts";
import type { DesiredDocument } from "../../domain/desired/index.ts";
import { KubeNovaError } from "../../domain/errors/index.ts";
import type { ClusterState } from "./state.ts";

/** A row may have 2 MB: a document of 1 MiB of manifests fits, JSON-escaped, with its envelope. */
export const MAX_DOCUMENT_BYTES = 1_900_000;
/** How long the revision of a document that is gone is remembered, so that a late older delivery cannot bring it back. */
export const REMEMBER_GONE_MS = 30 * 24 * 60 * 60 * 1000;

/** A desired document as it is stored. */
export interface DesiredRow {
  key: string;
  seq: number;
  revision: number;
  /** `gone`: a tombstone that the agent has acked; it is sent no more, and remembered. */
  op: "upsert" | "tombstone" | "gone";
  digest: string | null;
  /** Canonical JSON. */
  resource: string | null;
  bytes: number;
  correlationId: string;
  traceparent: string | null;
}

export type Prepared = Omit<DesiredRow, "seq">;

/** Canonical bytes and digest of documents, before anything is stored. @throws KubeNovaError KN-1003 for one too large */
export const prepare = (documents: readonly DesiredDocument[]): Promise<Prepared[]> =>
  Promise.all(
    documents.map(async ({ key, revision, op, resource, correlationId, traceparent = null }) => {
      const text = op === "upsert" && resource ? canonicalJson(resource) : null;
      const bytes = text === null ? 0 : new TextEncoder().encode(text).byteLength;
      if (bytes > MAX_DOCUMENT_BYTES) {
        throw new KubeNovaError("KN-1003", `The desired document ${key} has ${bytes} bytes.`, {
          maxBytes: MAX_DOCUMENT_BYTES,
        });
      }
      const digest = text === null ? null : await sha256(text);
      const size = bytes + key.length + 200;
      return { key, revision, op, digest, resource: text, bytes: size, correlationId, traceparent };
    }),
  );

const COLUMNS =
  "key, seq, revision, op, digest, resource, bytes, correlation_id AS correlationId, traceparent";

/** The desired set in the object's storage. Callers save the state that these functions change. */
export class Documents {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  revisionOf(key: string): Pick<DesiredRow, "revision" | "op" | "digest"> | undefined {
    const sql = "SELECT revision, op, digest FROM desired WHERE key = ?";
    return this.#sql.exec<Pick<DesiredRow, "revision" | "op" | "digest">>(sql, key).toArray()[0];
  }

  isNews = (document: Prepared): boolean =>
    isNewer(this.revisionOf(document.key)?.revision, document.revision);

  /** Takes what is newer than what is held, each with the next sequence number. @returns how many were taken */
  put(state: ClusterState, documents: readonly Prepared[]): number {
    let accepted = 0;
    for (const each of documents) {
      if (!this.isNews(each)) continue;
      state.seq += 1;
      accepted += 1;
      this.#sql.exec(
        `INSERT OR REPLACE INTO desired (key, seq, revision, op, digest, resource, bytes, correlation_id, traceparent)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        each.key,
        state.seq,
        each.revision,
        each.op,
        each.digest,
        each.resource,
        each.bytes,
        each.correlationId,
        each.traceparent,
      );
      if (each.op === "upsert") this.#sql.exec("DELETE FROM orphans WHERE key = ?", each.key);
    }
    return accepted;
  }

  /** What follows a sequence number, in order. */
  after(seq: number, limit: number): DesiredRow[] {
    const sql = `SELECT ${COLUMNS} FROM desired WHERE seq > ? AND op <> 'gone' ORDER BY seq LIMIT ?`;
    return this.#sql.exec<DesiredRow & Record<string, SqlStorageValue>>(sql, seq, limit).toArray();
  }

  /** Upserts by key: the order of a snapshot. */
  upsertsAfter(key: string, limit: number): DesiredRow[] {
    const sql = `SELECT ${COLUMNS} FROM desired WHERE key > ? AND op = 'upsert' ORDER BY key LIMIT ?`;
    return this.#sql.exec<DesiredRow & Record<string, SqlStorageValue>>(sql, key, limit).toArray();
  }

  countUpserts(): number {
    return this.#sql.exec<{ n: number }>("SELECT COUNT(*) AS n FROM desired WHERE op = 'upsert'").one().n;
  }

  /** Bytes of what was sent and not acked. */
  bytesBetween(acked: number, sent: number): number {
    if (sent <= acked) return 0;
    const sql = "SELECT COALESCE(SUM(bytes), 0) AS n FROM desired WHERE seq > ? AND seq <= ?";
    return this.#sql.exec<{ n: number }>(sql, acked, sent).one().n;
  }

  /** Tombstones up to a number have done their work; the floor rises to the highest of them. */
  forgetTombstones(state: ClusterState, upTo: number, now: number): void {
    const sql = "SELECT key, seq FROM desired WHERE seq > ? AND seq <= ? AND op = 'tombstone'";
    const acked = this.#sql.exec<{ key: string; seq: number }>(sql, state.floor, upTo).toArray();
    for (const { key, seq } of acked) {
      this.#sql.exec("UPDATE desired SET op = 'gone', gone_at = ? WHERE key = ?", now, key);
      this.#sql.exec("DELETE FROM orphans WHERE key = ?", key);
      state.floor = Math.max(state.floor, seq);
    }
  }

  /** Run where something is written anyway: once a session. */
  purgeGone(now: number): void {
    this.#sql.exec("DELETE FROM desired WHERE op = 'gone' AND gone_at < ?", now - REMEMBER_GONE_MS);
  }

  /** A new lineage begins with nothing. */
  clear(state: ClusterState): void {
    for (const table of ["desired", "status", "orphans"]) this.#sql.exec(`DELETE FROM ${table}`);
    Object.assign(state, { seq: 0, floor: 0, acked: 0, statusSeq: 0, rebuildAfter: "" });
  }
}
