import { count } from "./tally.ts";

type Meta = { rows_read?: number; rows_written?: number };

const add = ({ rows_read = 0, rows_written = 0 }: Meta, where: string): void => {
  count("d1.rowsRead", rows_read);
  count("d1.rowsWritten", rows_written);
  count(`${where}.d1RowsWritten`, rows_written);
};

/** The statement within each counted one: a batch needs the real ones. */
const inner = new WeakMap<object, D1PreparedStatement>();

/** @param where whose calls these are: an object waits for each, and is billed meanwhile */
function statement(real: D1PreparedStatement, where: string): D1PreparedStatement {
  const all = async <T>(): Promise<D1Result<T>> => {
    count(`${where}.d1Calls`);
    const result = await real.all<T>();
    add(result.meta, where);
    return result;
  };
  const first = async (column?: string): Promise<unknown> => {
    const row = (await all<Record<string, unknown>>()).results[0];
    if (row === undefined) return null;
    return column === undefined ? row : row[column];
  };
  const counted = {
    bind: (...values: unknown[]) => statement(real.bind(...values), where),
    all,
    run: all,
    first,
    raw: () => Promise.reject(new Error("raw() tells no counts")),
  } as unknown as D1PreparedStatement;
  inner.set(counted, real);
  return counted;
}

/** A database that counts the rows of every statement, as its answer says. */
export function countedD1(real: D1Database, where: string): D1Database {
  return {
    prepare: (sql: string) => statement(real.prepare(sql), where),
    batch: async (statements: D1PreparedStatement[]) => {
      count(`${where}.d1Calls`);
      const results = await real.batch(statements.map((each) => inner.get(each) ?? each));
      for (const { meta } of results) add(meta, where);
      return results;
    },
  } as unknown as D1Database;
}
