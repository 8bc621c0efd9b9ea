import { getTableColumns, getTableName, type InferSelectModel } from "drizzle-orm";
import type { SQLiteColumn, SQLiteTable } from "drizzle-orm/sqlite-core";

/** Types and column names come from the Drizzle tables; the SQL is written out, since building it costs more than running it. */

export type Row = Record<string, unknown>;

export interface Selection<T extends SQLiteTable> {
  /** `alias.column AS alias_column, …` */
  readonly columns: string;
  /** The table's row in a result; undefined where a LEFT JOIN found none. */
  decode(row: Row): InferSelectModel<T> | undefined;
  /**
   * The same columns as one JSON array: D1 hands each value of a result through several processes, so that one text a
   * row costs a fraction of a value a column. For what is read all the time; no column of it may be large.
   */
  readonly json: string;
  /** The table's row in such an array. */
  fromJson(values: readonly unknown[]): InferSelectModel<T> | undefined;
}

/**
 * Selects the columns of a table under an alias.
 *
 * @param omit columns that may be large and are not needed: they come as NULL
 */
export function selection<T extends SQLiteTable>(
  table: T,
  alias: string,
  omit: readonly string[] = [],
): Selection<T> {
  const columns = Object.entries(getTableColumns(table)) as [string, SQLiteColumn][];
  const parts = columns.map(([field, column]) => ({
    field,
    column,
    as: `${alias}_${column.name}`,
    plain: column.dataType === "string" || column.dataType === "number",
  }));
  const sources = parts.map(({ column }) =>
    omit.includes(column.name) ? "NULL" : `${alias}.${column.name}`,
  );
  const idAt = parts.findIndex(({ field }) => field === "id");
  return {
    columns: parts.map(({ as }, i) => `${sources[i]} AS ${as}`).join(", "),
    json: `json_array(${parts.map(({ column }, i) => (column.dataType === "json" ? `json(${sources[i]})` : sources[i])).join(", ")})`,
    decode(row) {
      if (row[`${alias}_id`] == null) return undefined;
      const decoded: Row = {};
      for (const { field, column, as, plain } of parts) {
        const value = row[as];
        decoded[field] = plain ? value : value === null ? null : column.mapFromDriverValue(value);
      }
      return decoded as InferSelectModel<T>;
    },
    fromJson(values) {
      if (values[idAt] == null) return undefined;
      const decoded: Row = {};
      let i = 0;
      for (const { field, column } of parts) {
        const value = values[i++];
        decoded[field] = column.dataType === "boolean" && value !== null ? value === 1 : value;
      }
      return decoded as InferSelectModel<T>;
    },
  };
}

const encode = (column: SQLiteColumn, value: unknown): unknown =>
  value == null ? null : column.mapToDriverValue(value);

const insertSql = new WeakMap<SQLiteTable, string>();

/** `INSERT` of one row. Absent fields get the column's default, else NULL. @param onConflict an `ON CONFLICT` clause */
export function insertRow<T extends SQLiteTable>(
  db: D1Database,
  table: T,
  row: T["$inferInsert"],
  onConflict = "",
): D1PreparedStatement {
  const columns = Object.entries(getTableColumns(table)) as [string, SQLiteColumn][];
  let sql = insertSql.get(table);
  if (!sql) {
    const names = columns.map(([, column]) => column.name).join(", ");
    sql = `INSERT INTO ${getTableName(table)} (${names}) VALUES (${columns.map(() => "?").join(", ")})`;
    insertSql.set(table, sql);
  }
  const given = row as Row;
  return db
    .prepare(onConflict ? `${sql} ${onConflict}` : sql)
    .bind(
      ...columns.map(([field, column]) =>
        encode(column, given[field] === undefined ? column.default : given[field]),
      ),
    );
}

/** Fails the whole batch where the statement before it did not change exactly one row. */
export const guardOne = (db: D1Database): D1PreparedStatement =>
  db.prepare("INSERT INTO guard SELECT changes() WHERE changes() <> 1");

/** Fails the whole batch where a condition does not hold at its place in it. @param condition SQL with `?` for each value */
export const guardThat = (db: D1Database, condition: string, ...values: unknown[]): D1PreparedStatement =>
  db.prepare(`INSERT INTO guard SELECT 0 WHERE NOT (${condition})`).bind(...values);

/** The version that a row must still have for a write to happen. */
export interface Versioned {
  id: string;
  version: number;
}

export interface UpdateOptions {
  where?: { sql: string; value: unknown };
  /** Columns that grow by one, beside `version`. */
  grow?: string[];
}

/**
 * `UPDATE … SET …, version = version + 1` of the row as it was read, and the guard that makes the batch fail where it
 * has changed since.
 */
export function updateRow<T extends SQLiteTable>(
  db: D1Database,
  table: T,
  read: Versioned,
  changes: Partial<InferSelectModel<T>>,
  options: UpdateOptions = {},
): D1PreparedStatement[] {
  const columns = getTableColumns(table) as Record<string, SQLiteColumn>;
  const { where, grow = [] } = options;
  const sets = ["version", ...grow].map((column) => `${column} = ${column} + 1`);
  const values: unknown[] = [];
  for (const [field, value] of Object.entries(changes)) {
    const column = columns[field];
    if (!column || value === undefined || field === "version") continue;
    sets.push(`${column.name} = ?`);
    values.push(encode(column, value));
  }
  const also = where ? ` AND ${where.sql}` : "";
  const sql = `UPDATE ${getTableName(table)} SET ${sets.join(", ")} WHERE id = ? AND version = ?${also}`;
  const bound = [...values, read.id, read.version, ...(where ? [where.value] : [])];
  return [db.prepare(sql).bind(...bound), guardOne(db)];
}
