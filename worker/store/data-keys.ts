import { insertRow, type Row, selection } from "./rows.ts";
import { dataKeys } from "./schema/index.ts";

export type DataKeyRow = typeof dataKeys.$inferSelect;

const fields = selection(dataKeys, "k");
const decode = (row: Row | null | undefined): DataKeyRow | undefined =>
  row ? fields.decode(row) : undefined;

const ACTIVE = `SELECT ${fields.columns} FROM data_keys k WHERE k.owner = ? AND k.retired_at IS NULL`;

export const findDataKey = async (db: D1Database, id: string): Promise<DataKeyRow | undefined> =>
  decode(await db.prepare(`SELECT ${fields.columns} FROM data_keys k WHERE k.id = ?`).bind(id).first<Row>());

/** The key that an owner's new secrets are sealed with. */
export const findActiveDataKey = async (db: D1Database, owner: string): Promise<DataKeyRow | undefined> =>
  decode(await db.prepare(ACTIVE).bind(owner).first<Row>());

export const insertDataKey = (db: D1Database, row: DataKeyRow): D1PreparedStatement =>
  insertRow(db, dataKeys, row);

/**
 * Makes a key the active one of its owner, unless there is one already: of two isolates that try at once, the unique
 * index lets one win, and both are answered the winner.
 */
export async function insertActiveDataKey(db: D1Database, row: DataKeyRow): Promise<DataKeyRow> {
  const results = await db.batch<Row>([
    insertRow(db, dataKeys, row, "ON CONFLICT DO NOTHING"),
    db.prepare(ACTIVE).bind(row.owner),
  ]);
  const winner = decode(results[1]?.results[0]);
  if (!winner) throw new Error(`no active data key of ${row.owner}`);
  return winner;
}

/** Data keys that are not wrapped by the primary, or were before a moment, by id. */
export async function findToRewrap(
  db: D1Database,
  at: { primary: string; before: number; after: string; limit: number },
): Promise<DataKeyRow[]> {
  const { results } = await db
    .prepare(
      `SELECT ${fields.columns} FROM data_keys k WHERE (k.kek <> ? OR k.wrapped_at < ?) AND k.id > ? ORDER BY k.id LIMIT ?`,
    )
    .bind(at.primary, at.before, at.after, at.limit)
    .all<Row>();
  return results.flatMap((row) => decode(row) ?? []);
}

/** Wraps a data key anew, unless another one has done so since it was read. */
export const storeWrapped = (
  db: D1Database,
  read: DataKeyRow,
  { kek, wrapped, wrappedAt }: Pick<DataKeyRow, "kek" | "wrapped" | "wrappedAt">,
): D1PreparedStatement =>
  db
    .prepare("UPDATE data_keys SET kek = ?, wrapped = ?, wrapped_at = ? WHERE id = ? AND wrapped = ?")
    .bind(kek, wrapped, wrappedAt, read.id, read.wrapped);

/** How many data keys each key-encryption key wraps: `{ kek, active, retired }`. */
export const countByKek = (db: D1Database): D1PreparedStatement =>
  db.prepare(
    "SELECT kek, SUM(retired_at IS NULL) AS active, SUM(retired_at IS NOT NULL) AS retired FROM data_keys GROUP BY kek ORDER BY kek",
  );
