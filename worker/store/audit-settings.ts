import { DEFAULT_RETENTION_DAYS } from "../../domain/audit/bundle.ts";
import { guardThat } from "./rows.ts";

/** For how long a log's entries are kept, in days. */
export const findRetention = (db: D1Database, log: string): D1PreparedStatement =>
  db.prepare("SELECT retention_days AS days FROM audit_settings WHERE log = ?").bind(log);

export const retentionDaysOf = async (db: D1Database, log: string): Promise<number> =>
  (await findRetention(db, log).first<number>("days")) ?? DEFAULT_RETENTION_DAYS;

/** Sets it where it is still as it was read. */
export const setRetention = (
  db: D1Database,
  log: string,
  read: number,
  days: number,
  now: number,
): D1PreparedStatement[] => [
  guardThat(
    db,
    "coalesce((SELECT retention_days FROM audit_settings WHERE log = ?), ?) = ?",
    log,
    DEFAULT_RETENTION_DAYS,
    read,
  ),
  db
    .prepare(
      `INSERT INTO audit_settings (log, retention_days, updated_at) VALUES (?1, ?2, ?3)
        ON CONFLICT (log) DO UPDATE SET retention_days = ?2, updated_at = ?3`,
    )
    .bind(log, days, now),
];
