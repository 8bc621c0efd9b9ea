/** Whether an object has tables: one that was only asked must leave none behind. */
export const hasTables = (sql: SqlStorage): boolean =>
  sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'migrations'").toArray().length > 0;

/**
 * Brings an object's tables to the newest form; each migration runs once. PRAGMA user_version is refused here, so that the
 * migrations that ran stand in a table.
 */
export function migrateTables(
  storage: DurableObjectStorage,
  migrations: readonly string[],
  now: number,
): void {
  const { sql } = storage;
  storage.transactionSync(() => {
    if (!hasTables(sql)) sql.exec("CREATE TABLE migrations (n INTEGER PRIMARY KEY, at INTEGER NOT NULL)");
    const done = sql.exec<{ n: number }>("SELECT COALESCE(MAX(n), 0) AS n FROM migrations").one().n;
    for (let n = done; n < migrations.length; n++) {
      sql.exec(migrations[n] ?? "");
      sql.exec("INSERT INTO migrations VALUES (?, ?)", n + 1, now);
    }
  });
}
