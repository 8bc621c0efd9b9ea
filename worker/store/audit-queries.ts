import { PLATFORM_LOG } from "../../domain/audit/entry.ts";

/** A log, and the number that the last mutation took in it; 0 where there was none. */
export interface LogRow {
  log: string;
  tenantId: string | null;
  last: number;
}

/** The log of a tenant by its name, a deleted one's too, or the platform's. */
export const findLog = (db: D1Database, tenant: string | undefined): D1PreparedStatement =>
  tenant === undefined
    ? db
        .prepare(
          "SELECT ?1 AS log, NULL AS tenantId, COALESCE(MAX(last), 0) AS last FROM audit_logs WHERE log = ?1",
        )
        .bind(PLATFORM_LOG)
    : db
        .prepare(
          `SELECT t.id AS log, t.id AS tenantId, COALESCE(l.last, 0) AS last FROM tenants t
            LEFT JOIN audit_logs l ON l.log = t.id WHERE t.name = ?`,
        )
        .bind(tenant);

/** The number that the last mutation took in a log. */
export const lastNumber = async (db: D1Database, log: string): Promise<number> =>
  (await db.prepare("SELECT last FROM audit_logs WHERE log = ?").bind(log).first<number>("last")) ?? 0;
