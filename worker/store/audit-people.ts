/** A person's key as it is stored; `key` is null where it was destroyed. */
export interface PersonRow {
  person: string;
  key: string | null;
}

/** Keys of some people, of those that have or had one. */
export async function findPeople(db: D1Database, people: readonly string[]): Promise<PersonRow[]> {
  const { results } = await db
    .prepare("SELECT person, key FROM audit_people WHERE person IN (SELECT value FROM json_each(?))")
    .bind(JSON.stringify(people))
    .all<PersonRow>();
  return results;
}

/** Stores keys of people who have none; one that another isolate stored first, or destroyed, stays as it is. */
export async function insertPeople(
  db: D1Database,
  made: readonly { person: string; key: string }[],
  now: number,
): Promise<void> {
  await db
    .prepare(
      `INSERT INTO audit_people (person, key, created_at)
        SELECT value->>'person', value->>'key', ?2 FROM json_each(?1) WHERE true ON CONFLICT (person) DO NOTHING`,
    )
    .bind(JSON.stringify(made), now)
    .run();
}

/** Destroys a person's key for ever, whether he has one yet or not: none is made afterwards. */
const destroyPersonKey = (db: D1Database, person: string, now: number): D1PreparedStatement =>
  db
    .prepare(
      `INSERT INTO audit_people (person, key, created_at, forgotten_at) VALUES (?1, NULL, ?2, ?2)
        ON CONFLICT (person) DO UPDATE SET key = NULL, forgotten_at = COALESCE(forgotten_at, ?2)`,
    )
    .bind(person, now);

/** What forgetting a person needs to know; `state` is null where there is no such user (any more). */
export interface ForgettableRow {
  state: "active" | "disabled" | null;
  known: number;
  forgotten_at: number | null;
}

/** @param user id of a user, of one who is deleted, too */
export const findForgettable = (db: D1Database, user: string): D1PreparedStatement =>
  db
    .prepare(
      `SELECT (SELECT state FROM users WHERE id = ?1) AS state,
        (SELECT COUNT(*) FROM audit_people WHERE person = 'user/' || ?1) AS known,
        (SELECT forgotten_at FROM audit_people WHERE person = 'user/' || ?1) AS forgotten_at`,
    )
    .bind(user);

/** The rows that tell who a user is say it no more; the id stays, since the log and what was made name it. */
export const forgetUser = (db: D1Database, user: string, now: number): D1PreparedStatement[] => [
  destroyPersonKey(db, `user/${user}`, now),
  db
    .prepare(
      `UPDATE users SET email = lower(id) || '@forgotten.invalid', display_name = NULL, version = version + 1,
        updated_at = ?2 WHERE id = ?1 AND state = 'disabled'`,
    )
    .bind(user, now),
  db.prepare("UPDATE sessions SET address = NULL, user_agent = NULL WHERE user_id = ?").bind(user),
];
