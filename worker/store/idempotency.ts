import { insertRow, type Row, selection } from "./rows.ts";
import { idempotency } from "./schema/index.ts";

/** How long a key is remembered. */
export const IDEMPOTENCY_TTL_MS = 24 * 60 * 60 * 1000;

const fields = selection(idempotency, "i");

export type StoredAnswer = typeof idempotency.$inferSelect;

export const findStoredAnswer = (db: D1Database, id: string): D1PreparedStatement =>
  db.prepare(`SELECT ${fields.columns} FROM idempotency i WHERE i.id = ?`).bind(id);

export const storedAnswer = (row: Row | undefined): StoredAnswer | undefined => row && fields.decode(row);

/** Stores an answer; an expired one of the same key gives way. */
export const storeAnswer = (db: D1Database, answer: StoredAnswer): D1PreparedStatement[] => [
  db.prepare("DELETE FROM idempotency WHERE id = ? AND expires_at <= ?").bind(answer.id, answer.createdAt),
  insertRow(db, idempotency, answer),
];

export const forgetExpiredAnswers = (db: D1Database, now: number): D1PreparedStatement =>
  db.prepare("DELETE FROM idempotency WHERE expires_at <= ?").bind(now);
