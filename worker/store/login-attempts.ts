import { insertRow } from "./rows.ts";
import { loginAttempts } from "./schema/index.ts";

export const insertLoginAttempt = (
  db: D1Database,
  row: typeof loginAttempts.$inferSelect,
): D1PreparedStatement => insertRow(db, loginAttempts, row);

/** Takes the attempt away and gives it: of two who come with it, one gets it. */
export const takeLoginAttempt = (
  db: D1Database,
  stateHash: string,
  providerId: string,
  now: number,
): D1PreparedStatement =>
  db
    .prepare(
      `DELETE FROM login_attempts WHERE state_hash = ?1 AND provider_id = ?2 AND expires_at > ?3
        RETURNING return_to AS returnTo`,
    )
    .bind(stateHash, providerId, now);
