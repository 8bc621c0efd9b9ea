import { type IdPageQuery, idPageSql, toIdPage } from "./id-pages.ts";
import type { Page } from "./pages.ts";
import { insertRow, type Row, selection, updateRow } from "./rows.ts";
import { users } from "./schema/index.ts";

export type User = typeof users.$inferSelect;

const fields = selection(users, "u");

/** @param idOrEmail an id, or an address in the form in which it is kept */
export const findUser = (db: D1Database, idOrEmail: string): D1PreparedStatement =>
  db.prepare(`SELECT ${fields.columns} FROM users u WHERE ?1 IN (u.id, u.email)`).bind(idOrEmail);

export const userOf = (row: Row | undefined): User | undefined => row && fields.decode(row);

export interface UserFilter extends IdPageQuery {
  email?: string | undefined;
  state?: User["state"] | undefined;
}

export function listUsers(db: D1Database, filter: UserFilter): D1PreparedStatement {
  const page = idPageSql("u.id", "user", filter);
  return db
    .prepare(
      `SELECT ${fields.columns} FROM users u
        WHERE (?1 IS NULL OR u.email = ?1) AND (?2 IS NULL OR u.state = ?2)${page.sql}`,
    )
    .bind(filter.email ?? null, filter.state ?? null, ...page.values);
}

export const userPage = (rows: Row[], query: IdPageQuery): Page<User> =>
  toIdPage(
    rows.flatMap((row) => fields.decode(row) ?? []),
    query,
    ({ id }) => id,
  );

/** The batch fails where another user has the address. */
export const insertNewUser = (db: D1Database, user: User): D1PreparedStatement => insertRow(db, users, user);

/** Whoever is disabled is logged out too: his logins do not come back with him. */
export function updateUser(
  db: D1Database,
  read: User,
  changes: Partial<User>,
  now: number,
): D1PreparedStatement[] {
  const statements = updateRow(db, users, read, { ...changes, updatedAt: now });
  if (changes.state !== "disabled") return statements;
  const logout = db
    .prepare(
      "UPDATE sessions SET ended_at = ?1, ended_because = 'revoked' WHERE user_id = ?2 AND ended_at IS NULL",
    )
    .bind(now, read.id);
  return [...statements, logout];
}
