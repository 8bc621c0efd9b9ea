import { guardOne, insertRow, type Row, selection } from "./rows.ts";
import { sessions } from "./schema/index.ts";

export type Session = typeof sessions.$inferSelect;

const fields = selection(sessions, "s");

/** A session with the user whose it is. */
export interface OwnedSession {
  session: Session;
  user: { id: string; email: string; displayName: string | null; disabled: boolean };
}

export const insertSession = (db: D1Database, row: Session): D1PreparedStatement =>
  insertRow(db, sessions, row);

export const findSession = (db: D1Database, id: string): D1PreparedStatement =>
  db
    .prepare(
      `SELECT ${fields.columns}, u.email AS email, u.display_name AS displayName, u.state AS userState
        FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = ?`,
    )
    .bind(id);

export function ownedSession(row: Row | undefined): OwnedSession | undefined {
  const session = row && fields.decode(row);
  if (!session) return undefined;
  return {
    session,
    user: {
      id: session.userId,
      email: row.email as string,
      displayName: row.displayName as string | null,
      disabled: row.userState === "disabled",
    },
  };
}

/**
 * A person has a handful; a program that logs in again and again has more, and each is a credential that somebody may
 * hold. By a tenant's own provider there may be as many besides: else its administrators could end the person's others.
 */
export const MAX_LIVE_SESSIONS = 100;
/** Where there are more from before, a login ends so many of them. */
const MAX_ENDED_AT_ONCE = 20;

/** Those that must end before one more begins, the oldest of all that are as good as it. */
export const findSurplusSessions = (
  db: D1Database,
  { userId, tenantId }: Pick<Session, "userId" | "tenantId">,
  now: number,
): D1PreparedStatement =>
  db
    .prepare(
      `SELECT ${fields.columns} FROM sessions s
        WHERE s.user_id = ?1 AND s.tenant_id IS ?2 AND s.ended_at IS NULL AND s.expires_at > ?3
        ORDER BY s.id DESC LIMIT ${MAX_ENDED_AT_ONCE} OFFSET ${MAX_LIVE_SESSIONS - 1}`,
    )
    .bind(userId, tenantId, now);

export const sessionsOf = (rows: readonly Row[]): Session[] =>
  rows.flatMap((row) => fields.decode(row) ?? []);

export type EndedBecause = NonNullable<Session["endedBecause"]>;

const MAX_LISTED = MAX_LIVE_SESSIONS;

export const listSessions = (db: D1Database, userId: string, now: number): D1PreparedStatement =>
  db
    .prepare(
      `SELECT ${fields.columns}, p.name AS providerName FROM sessions s
        LEFT JOIN identity_providers p ON p.id = s.provider_id
        WHERE s.user_id = ?1 AND s.ended_at IS NULL AND s.expires_at > ?2 ORDER BY s.id DESC LIMIT ${MAX_LISTED}`,
    )
    .bind(userId, now);

export const listedSession = (row: Row): { session: Session; provider: string | null } | undefined => {
  const session = fields.decode(row);
  return session && { session, provider: row.providerName as string | null };
};

/**
 * Exchanges the token of one generation for the next. Of two who come with the same one, one changes the row: the other's
 * batch fails.
 */
export const rotate = (
  db: D1Database,
  session: Session,
  next: { refreshHash: string; expiresAt: number; now: number },
): D1PreparedStatement[] => [
  db
    .prepare(
      `UPDATE sessions SET generation = generation + 1, refresh_hash = ?1, expires_at = ?2, rotated_at = ?3
        WHERE id = ?4 AND generation = ?5 AND ended_at IS NULL`,
    )
    .bind(next.refreshHash, next.expiresAt, next.now, session.id, session.generation),
  guardOne(db),
];

/** Ends a session where nobody did; a guard must follow. */
export const endSession = (
  db: D1Database,
  id: string,
  because: EndedBecause,
  now: number,
): D1PreparedStatement =>
  db
    .prepare("UPDATE sessions SET ended_at = ?1, ended_because = ?2 WHERE id = ?3 AND ended_at IS NULL")
    .bind(now, because, id);

/** What ended is kept so long for whoever asks what happened to a login. */
const ENDED_RETENTION_MS = 30 * 24 * 60 * 60 * 1000;
const SWEEP_ROWS = 1_000;

/** Forgets logins that are over, and those under way that nobody finished. */
export const forgetLogins = (db: D1Database, now: number): D1PreparedStatement[] => [
  db
    .prepare(
      `DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE expires_at < ?1 ORDER BY expires_at LIMIT ${SWEEP_ROWS})`,
    )
    .bind(now - ENDED_RETENTION_MS),
  db.prepare("DELETE FROM login_attempts WHERE expires_at < ?").bind(now),
  db.prepare("DELETE FROM device_logins WHERE expires_at < ?").bind(now),
];
