import { insertRow, type Row, selection } from "./rows.ts";
import { deviceLogins } from "./schema/index.ts";

export type DeviceLogin = typeof deviceLogins.$inferSelect;

const fields = selection(deviceLogins, "d");

export const deviceLoginOf = (row: Row | null | undefined): DeviceLogin | undefined =>
  row ? fields.decode(row) : undefined;

export const insertDeviceLogin = (db: D1Database, row: DeviceLogin): D1PreparedStatement =>
  insertRow(db, deviceLogins, row);

export const findByDeviceHash = (db: D1Database, hash: string): D1PreparedStatement =>
  db.prepare(`SELECT ${fields.columns} FROM device_logins d WHERE d.device_hash = ?`).bind(hash);

/** One that still waits for a person's word. */
export const findByUserCode = (db: D1Database, userCode: string, now: number): D1PreparedStatement =>
  db
    .prepare(
      `SELECT ${fields.columns} FROM device_logins d WHERE d.user_code = ?1 AND d.state = 'pending' AND d.expires_at > ?2`,
    )
    .bind(userCode, now);

/** Only the poll that it was judged by counts: of two at once, one finds it changed. */
export const recordPoll = (
  db: D1Database,
  device: DeviceLogin,
  after: { now: number; interval: number },
): D1PreparedStatement =>
  db
    .prepare(
      "UPDATE device_logins SET last_polled_at = ?1, interval = ?2 WHERE id = ?3 AND last_polled_at IS ?4",
    )
    .bind(after.now, after.interval, device.id, device.lastPolledAt);

/** A person's word, while it is still asked for; a guard must follow. */
export const decideDevice = (
  db: D1Database,
  id: string,
  state: "approved" | "denied",
  sessionId: string,
  now: number,
): D1PreparedStatement =>
  db
    .prepare(
      `UPDATE device_logins SET state = ?1, approved_by = ?2
        WHERE id = ?3 AND state = 'pending' AND expires_at > ?4`,
    )
    .bind(state, sessionId, id, now);

/** Gives the tokens away, once; a guard must follow. */
export const useDevice = (db: D1Database, id: string): D1PreparedStatement =>
  db.prepare("UPDATE device_logins SET state = 'used' WHERE id = ? AND state = 'approved'").bind(id);
