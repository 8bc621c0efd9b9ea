/**
 * A commit of the database, by its event. A cluster's object keeps the newest one that it knows of: where the database
 * knows it no more, the database was restored from before it.
 */
export interface Witness {
  seq: number;
  id: string;
}

/** How the commits stood at one moment. */
export interface Commits {
  /** Whether the database had this commit, one of those asked for; one that is past the events' retention counts as there. */
  has(witness: Witness): boolean;
  /** Undefined where there is none. */
  newest: Witness | undefined;
}

const NEWEST = "SELECT seq, id FROM events ORDER BY seq DESC LIMIT 1";
const READ = `SELECT (SELECT json_group_object(seq, id) FROM events WHERE seq IN (SELECT value FROM json_each(?))) AS found,
  (SELECT MIN(seq) FROM events) AS oldest, (SELECT seq FROM sqlite_sequence WHERE name = 'events') AS counter,
  (SELECT json_object('seq', seq, 'id', id) FROM (${NEWEST})) AS newest`;

/** Asks for these commits and the newest one, in one statement that reads a row for each. */
export async function readCommits(db: D1Database, witnesses: readonly Witness[]): Promise<Commits> {
  const row = await db
    .prepare(READ)
    .bind(JSON.stringify([...new Set(witnesses.map(({ seq }) => seq))]))
    .first<{ found: string; oldest: number | null; counter: number | null; newest: string | null }>();
  const found = JSON.parse(row?.found ?? "{}") as Record<string, string>;
  return {
    has: ({ seq, id }) => {
      const there = found[seq];
      if (there !== undefined) return there === id;
      // Events are forgotten oldest first: a number that is missing above the oldest one was never given out here.
      const isForgotten = row?.oldest == null || row.oldest > seq;
      return isForgotten && (row?.counter ?? 0) >= seq;
    },
    newest: row?.newest ? (JSON.parse(row.newest) as Witness) : undefined,
  };
}

/** Whether the database still has this commit. */
export const remembers = async (db: D1Database, witness: Witness): Promise<boolean> =>
  (await readCommits(db, [witness])).has(witness);

/** The newest commit; undefined where there is none. */
export const newestWitness = async (db: D1Database): Promise<Witness | undefined> =>
  (await db.prepare(NEWEST).first<Witness>()) ?? undefined;
