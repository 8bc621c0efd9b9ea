import { type IdPageQuery, idPageSql, toIdPage } from "./id-pages.ts";
import type { Page } from "./pages.ts";
import { insertRow, type Row, selection, updateRow } from "./rows.ts";
import { users } from "./schema/index.ts";

export type User = typeof users.$inferSelect;

/** A user with the name of the tenant whose realm he is of; null for the platform's. */
export interface NamedUser extends User {
  tenantName: string | null;
}

const fields = selection(users, "u");
const SELECT = `SELECT ${fields.columns}, t.name AS tenant_name FROM users u LEFT JOIN tenants t ON t.id = u.tenant_id`;

/** One of any realm. */
export const findUser = (db: D1Database, id: string): D1PreparedStatement =>
  db.prepare(`${SELECT} WHERE u.id = ?`).bind(id);

/** One of the platform's realm. @param email in the form in which it is kept */
export const findPlatformUser = (db: D1Database, email: string): D1PreparedStatement =>
  db.prepare(`${SELECT} WHERE u.email = ? AND u.tenant_id IS NULL`).bind(email);

export function userOf(row: Row | undefined): NamedUser | undefined {
  const user = row && fields.decode(row);
  return user && { ...user, tenantName: (row.tenant_name as string | null) ?? null };
}

export interface UserFilter extends IdPageQuery {
  email?: string | undefined;
  state?: User["state"] | undefined;
  /** Name of a tenant: users of its realm alone. */
  realm?: string | undefined;
}

export function listUsers(db: D1Database, filter: UserFilter): D1PreparedStatement {
  const page = idPageSql("u.id", "user", filter);
  return db
    .prepare(
      `${SELECT} WHERE (?1 IS NULL OR u.email = ?1) AND (?2 IS NULL OR u.state = ?2)
        AND (?3 IS NULL OR t.name = ?3)${page.sql}`,
    )
    .bind(filter.email ?? null, filter.state ?? null, filter.realm ?? null, ...page.values);
}

export const userPage = (rows: Row[], query: IdPageQuery): Page<NamedUser> =>
  toIdPage(
    rows.flatMap((row) => userOf(row) ?? []),
    query,
    ({ id }) => id,
  );

/** The batch fails where another user of the realm has the address. */
export const insertNewUser = (db: D1Database, user: User): D1PreparedStatement => insertRow(db, users, user);

/** Whoever is disabled is logged out too: his logins do not come back with him. */
export function updateUser(
  db: D1Database,
  read: Pick<User, "id" | "version">,
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
