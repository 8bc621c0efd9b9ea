/** Figures over the whole database, for metrics. Each is asked for by one object, seldom. */
export interface QuickAggregates {
  undelivered: { shard: number; count: number; oldestAt: number }[];
  deadLetters: { source: string; state: string; count: number }[];
  clusters: { state: string; mode: string; count: number }[];
  /** Audit entries of mutations: numbers given out, and those on the way to their logs, the oldest in ms since 1970. */
  audit: { numbers: number; waiting: number; oldestAt: number | null };
}

/** What indices or small tables answer. */
export async function quickAggregates(db: D1Database): Promise<QuickAggregates> {
  const [undelivered, deadLetters, clusters, audit] = await db.batch([
    db.prepare(
      `SELECT shard, COUNT(*) AS count, MIN(occurred_at) AS oldestAt FROM events
        WHERE delivered_at IS NULL AND dead_at IS NULL GROUP BY shard`,
    ),
    db.prepare("SELECT source, state, COUNT(*) AS count FROM dead_letters GROUP BY source, state"),
    db.prepare("SELECT state, mode, COUNT(*) AS count FROM clusters GROUP BY state, mode"),
    db.prepare(
      `SELECT (SELECT COALESCE(SUM(last), 0) FROM audit_logs) AS numbers, COUNT(*) AS waiting,
        MIN(created_at) AS oldestAt FROM audit_outbox`,
    ),
  ]);
  return {
    undelivered: (undelivered?.results ?? []) as QuickAggregates["undelivered"],
    deadLetters: (deadLetters?.results ?? []) as QuickAggregates["deadLetters"],
    clusters: (clusters?.results ?? []) as QuickAggregates["clusters"],
    audit: audit?.results[0] as QuickAggregates["audit"],
  };
}

/** Numbers of releases by tenant (its name) and phase: reads the whole table. */
export async function releasesByPhase(
  db: D1Database,
): Promise<{ tenant: string; phase: string; count: number }[]> {
  const { results } = await db
    .prepare(
      `SELECT t.name AS tenant, r.phase AS phase, COUNT(*) AS count FROM releases r JOIN tenants t ON t.id = r.tenant_id
        WHERE r.deleted_at IS NULL GROUP BY r.tenant_id, r.phase`,
    )
    .all<{ tenant: string; phase: string; count: number }>();
  return results;
}

/** Clusters that were connected once, and so may be now. */
export async function enrolledClusters(db: D1Database): Promise<{ id: string; name: string }[]> {
  const { results } = await db
    .prepare("SELECT id, name FROM clusters WHERE deleted_at IS NULL AND state = 'connected' ORDER BY id")
    .all<{ id: string; name: string }>();
  return results;
}

/**
 * Ids of clusters that may be connected, in order, after one of them: all, whatever their rows say. In a restored database
 * a connected cluster may be one that has only just been registered.
 */
export async function clustersToSweep(db: D1Database, after: string, limit: number): Promise<string[]> {
  const { results } = await db
    .prepare("SELECT id FROM clusters WHERE id > ? AND deleted_at IS NULL ORDER BY id LIMIT ?")
    .bind(after, limit)
    .all<{ id: string }>();
  return results.map(({ id }) => id);
}

/** Numbers of events by type after a sequence number, and the newest one that is in them. */
export async function eventCountsAfter(
  db: D1Database,
  after: number,
): Promise<{ newest: number; counts: Record<string, number> }> {
  const { results } = await db
    .prepare("SELECT type, COUNT(*) AS count, MAX(seq) AS newest FROM events WHERE seq > ? GROUP BY type")
    .bind(after)
    .all<{ type: string; count: number; newest: number }>();
  return {
    newest: Math.max(after, ...results.map(({ newest }) => newest)),
    counts: Object.fromEntries(results.map(({ type, count }) => [type, count])),
  };
}
