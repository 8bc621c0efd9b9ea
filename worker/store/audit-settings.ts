import { DEFAULT_RETENTION_DAYS } from "../../domain/audit/bundle.ts";
import { guardThat, type Row } from "./rows.ts";

/** For how long a log's entries are kept, in days, as it was set for the log and for its tenant's plan. */
export interface Retention {
  own: number | null;
  plan: number | null;
}

/** A row of {@link Retention}. */
export const findRetention = (db: D1Database, log: string): D1PreparedStatement =>
  db
    .prepare(
      `SELECT (SELECT retention_days FROM audit_settings WHERE log = ?1) AS own,
        (SELECT p.audit_retention_days FROM tenant_limits l JOIN plans p ON p.id = l.plan_id WHERE l.id = ?1) AS plan`,
    )
    .bind(log);

export const retentionOf = (row: Row | undefined): Retention => ({ own: null, plan: null, ...row });

/** What holds. */
export const effectiveDays = ({ own, plan }: Retention): number => own ?? plan ?? DEFAULT_RETENTION_DAYS;

export const retentionDaysOf = async (db: D1Database, log: string): Promise<number> =>
  effectiveDays(retentionOf((await findRetention(db, log).first<Row>()) ?? undefined));

/** Sets a log's own where it is still as it was read. @param days null takes it away */
export const setRetention = (
  db: D1Database,
  log: string,
  read: number | null,
  days: number | null,
  now: number,
): D1PreparedStatement[] => [
  guardThat(db, "(SELECT retention_days FROM audit_settings WHERE log = ?) IS ?", log, read),
  days === null
    ? db.prepare("DELETE FROM audit_settings WHERE log = ?").bind(log)
    : db
        .prepare(
          `INSERT INTO audit_settings (log, retention_days, updated_at) VALUES (?1, ?2, ?3)
            ON CONFLICT (log) DO UPDATE SET retention_days = ?2, updated_at = ?3`,
        )
        .bind(log, days, now),
];
