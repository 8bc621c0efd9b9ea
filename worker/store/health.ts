/** Reads one row of the newest table's making: fails where the database is away or was not migrated. */
export async function databaseAnswers(db: D1Database): Promise<void> {
  await db.prepare("SELECT dead_at FROM events LIMIT 1").first();
}
