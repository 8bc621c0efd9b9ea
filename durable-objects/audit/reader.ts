import { type AuditQuery, CLOCK_SKEW_MS, matchText } from "../../domain/audit/query.ts";
import type { AuditPage, LeafAt } from "../rpc.ts";

/** Entries that one question looks at: an object does one thing at a time, and appends must not wait for a search. */
const MAX_SCANNED = 20_000;
/** Characters of leaves in one answer: an RPC's is held in memory by both sides. */
const MAX_CHARACTERS = 2_000_000;

interface Candidates {
  sql: string;
  values: (string | number)[];
}

/** Reads what a log's object holds; the writer's tables, and nothing of its memory. */
export class AuditReader {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /**
   * Entries by their index, the newest first. A page may be shorter than asked for, even empty, and still name where to go
   * on: so many entries were looked at.
   * @param lateness by how much an entry was appended later than its own time, at most, in milliseconds
   */
  list(query: AuditQuery, lateness: number): AuditPage {
    const candidates = this.#candidates(query, lateness);
    const rest = residue(query);
    const where = rest.length > 0 ? `WHERE ${rest.map(({ sql }) => sql).join(" AND ")}` : "";
    const rows = this.#sql
      .exec<{ idx: number; leaf: string }>(
        `SELECT e.idx, e.leaf FROM (${candidates.sql}) c JOIN entries e ON e.idx = c.idx ${where}
          ORDER BY e.idx DESC LIMIT ?`,
        ...candidates.values,
        ...rest.flatMap(({ values }) => values),
        query.limit + 1,
      )
      .toArray();
    const items = rows.slice(0, query.limit).map(({ idx, leaf }) => ({ index: idx, leaf }));
    if (rows.length > query.limit) return { items, next: items.at(-1)?.index ?? null };
    const { n, last } = this.#sql
      .exec<{ n: number; last: number }>(
        `SELECT COUNT(*) AS n, MIN(idx) AS last FROM (${candidates.sql})`,
        ...candidates.values,
      )
      .one();
    return { items, next: n < MAX_SCANNED ? null : last };
  }

  find(id: string): LeafAt | null {
    const [row] = this.#sql
      .exec<{ idx: number; leaf: string }>("SELECT idx, leaf FROM entries WHERE id = ?", id)
      .toArray();
    return row ? { index: row.idx, leaf: row.leaf } : null;
  }

  /** Leaves from an index on: `limit` of them at most, fewer where they are large. */
  leaves(from: number, limit: number): LeafAt[] {
    const found: LeafAt[] = [];
    let characters = 0;
    const rows = this.#sql.exec<{ idx: number; leaf: string }>(
      "SELECT idx, leaf FROM entries WHERE idx >= ? ORDER BY idx LIMIT ?",
      from,
      limit,
    );
    for (const { idx, leaf } of rows) {
      found.push({ index: idx, leaf });
      characters += leaf.length;
      if (characters > MAX_CHARACTERS) break;
    }
    return found;
  }

  /** The entries to look at, by the index that leaves the fewest. */
  #candidates(query: AuditQuery, lateness: number): Candidates {
    const before = Math.min(
      query.before ?? Number.MAX_SAFE_INTEGER,
      query.until === undefined ? Number.MAX_SAFE_INTEGER : this.firstAppended(query.until + lateness),
    );
    const from = query.since === undefined ? 0 : this.firstAppended(query.since - CLOCK_SKEW_MS);
    const range = [from, before, MAX_SCANNED];
    if (query.text !== undefined) {
      const sql = `SELECT rowid AS idx FROM search WHERE search MATCH ? AND rowid >= ? AND rowid < ? ORDER BY rowid DESC LIMIT ?`;
      return { sql, values: [matchText(query.text), ...range] };
    }
    const tail = "idx >= ? AND idx < ? ORDER BY idx DESC LIMIT ?";
    const object = oneObject(query);
    const [column, value] = object === undefined ? ["actor", query.actor] : ["object", object];
    return value === undefined
      ? { sql: `SELECT idx FROM entries WHERE ${tail}`, values: range }
      : { sql: `SELECT idx FROM entries WHERE ${column} = ? AND ${tail}`, values: [value, ...range] };
  }

  /** Index of the first entry that was appended at a time or later, by halving: they were appended in their order. */
  firstAppended(at: number): number {
    let low = 0;
    let high = this.#sql
      .exec<{ size: number }>("SELECT COALESCE(MAX(idx), -1) + 1 AS size FROM entries")
      .one().size;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const { appended } = this.#sql
        .exec<{ appended: number }>(
          "SELECT appended_at AS appended FROM entries WHERE idx >= ? ORDER BY idx LIMIT 1",
          middle,
        )
        .one();
      if (appended < at) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** An object's own name; undefined where all of a kind are meant, or any. */
const oneObject = ({ object }: AuditQuery): string | undefined =>
  object?.endsWith("/") ? undefined : object;

function residue(query: AuditQuery): Candidates[] {
  const found: Candidates[] = [];
  const add = (sql: string, ...values: (string | number)[]): void => void found.push({ sql, values });
  if (query.actor !== undefined) add("e.actor = ?", query.actor);
  if (query.action !== undefined) add("e.action = ?", query.action);
  const object = oneObject(query);
  if (object !== undefined) add("e.object = ?", object);
  else if (query.object !== undefined) {
    // `0` follows `/` in ASCII: the range holds exactly what begins with the kind.
    add("e.object >= ? AND e.object < ?", query.object, `${query.object.slice(0, -1)}0`);
  }
  if (query.outcome !== undefined) add("e.outcome = ?", query.outcome);
  if (query.since !== undefined) add("e.time >= ?", query.since);
  if (query.until !== undefined) add("e.time < ?", query.until);
  return found;
}
