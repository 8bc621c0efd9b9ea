import { insertRow, type Row, selection } from "./rows.ts";
import { joinTokens } from "./schema/index.ts";

export type JoinToken = typeof joinTokens.$inferSelect;

/** Long enough to install a chart by hand, short enough that a copy in a shell's history is worth nothing. */
export const JOIN_TOKEN_TTL_MS = 15 * 60 * 1000;

const fields = selection(joinTokens, "j");

export const insertJoinToken = (db: D1Database, token: JoinToken): D1PreparedStatement =>
  insertRow(db, joinTokens, token);

/** Tokens of a cluster, newest first. They are few: a hundred is more than fit their time to live. */
export const listJoinTokens = (db: D1Database, nameOrId: string): D1PreparedStatement =>
  db
    .prepare(
      `SELECT ${fields.columns} FROM join_tokens j
        WHERE j.cluster_id = (SELECT id FROM clusters WHERE ?1 IN (name, id)) ORDER BY j.id DESC LIMIT 100`,
    )
    .bind(nameOrId);

export const findJoinToken = (db: D1Database, id: string): D1PreparedStatement =>
  db.prepare(`SELECT ${fields.columns} FROM join_tokens j WHERE j.id = ?`).bind(id);

export const joinTokenOf = (row: Row | undefined): JoinToken | undefined => row && fields.decode(row);

export const revokeJoinToken = (db: D1Database, id: string, now: number): D1PreparedStatement =>
  db.prepare("UPDATE join_tokens SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL").bind(now, id);

/** Marks a token used, where nobody did; a guard must follow. */
export const useJoinToken = (db: D1Database, id: string, now: number): D1PreparedStatement =>
  db
    .prepare(
      "UPDATE join_tokens SET used_at = ?1 WHERE id = ?2 AND used_at IS NULL AND revoked_at IS NULL AND expires_at > ?1",
    )
    .bind(now, id);

export type JoinTokenState = "valid" | "used" | "revoked" | "expired";

export const joinTokenState = (token: JoinToken, now: number): JoinTokenState => {
  if (token.usedAt !== null) return "used";
  if (token.revokedAt !== null) return "revoked";
  return token.expiresAt <= now ? "expired" : "valid";
};
