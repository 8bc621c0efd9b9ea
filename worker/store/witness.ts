/**
 * A commit of the database, by its event. A cluster's object keeps the newest one that it was told of: where the database
 * knows it no more, the database was restored from before it.
 */
export interface Witness {
  seq: number;
  id: string;
}

const FIND = `SELECT (SELECT id FROM events WHERE seq = ?1) AS id, (SELECT MIN(seq) FROM events) AS oldest,
  (SELECT seq FROM sqlite_sequence WHERE name = 'events') AS newest`;

/** Whether the database still has this commit; one that is past the events' retention counts as there. */
export async function remembers(db: D1Database, witness: Witness): Promise<boolean> {
  const row = await db
    .prepare(FIND)
    .bind(witness.seq)
    .first<{ id: string | null; oldest: number | null; newest: number | null }>();
  if (row?.id) return row.id === witness.id;
  const isForgotten = row?.oldest == null || row.oldest > witness.seq;
  return isForgotten && (row?.newest ?? 0) >= witness.seq;
}

/** The newest commit; undefined where there is none. */
export const newestWitness = async (db: D1Database): Promise<Witness | undefined> =>
  (await db.prepare("SELECT seq, id FROM events ORDER BY seq DESC LIMIT 1").first<Witness>()) ?? undefined;
