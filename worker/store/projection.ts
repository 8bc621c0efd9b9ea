import type { DocumentStatus } from "../../protocol/resources/status.ts";

/** One status of a release as its cluster's object holds it. */
export interface ProjectedStatus {
  /** `release/<id>`; others are left out. */
  key: string;
  status: DocumentStatus;
  /** The object's counter of status changes, within its epoch. */
  statusSeq: number;
}

export interface Projection {
  clusterId: string;
  epoch: number;
  items: readonly ProjectedStatus[];
}

export interface ProjectionOrigin {
  /** Milliseconds since 1970. */
  now: number;
  /** Alarm clock that was armed for the events that may come of it. */
  shard: number;
  newId(kind: "event"): string;
}

/**
 * The rule of every projection: only from the cluster on which the release is placed, and only forwards within the
 * counter of one cluster's object. A release that moved begins to count anew.
 */
const TAKEN = `e.cluster_id = ?2 AND i.revision <= r.desired_revision
  AND (r.status_cluster_id IS NOT ?2 OR r.status_epoch < ?3 OR (r.status_epoch = ?3 AND r.status_seq < i.seq))`;

const ITEMS = `(SELECT value->>'id' AS id, value->>'seq' AS seq, value->>'revision' AS revision,
  value->>'phase' AS phase, value->>'message' AS message, value->>'status' AS status, value->>'eventId' AS event_id
  FROM json_each(?1)) i`;

/**
 * Which deploy event a status means, each once a desired revision: started, then how it ended. A failure may still turn
 * into a success; what was once ready does not fail as a deployment any more.
 */
const OUTCOME = `CASE
  WHEN i.revision <> r.desired_revision THEN NULL
  WHEN i.phase = 'Ready' AND NOT (r.announced_revision = i.revision AND r.announced IS 'succeeded') THEN 'succeeded'
  WHEN i.phase IN ('Failed', 'Refused')
    AND (r.announced_revision < i.revision OR r.announced IS 'started') THEN 'failed'
  WHEN i.phase IN ('Progressing', 'Degraded') AND r.announced_revision < i.revision THEN 'started'
  END`;

const INSERT_EVENTS = `INSERT INTO events
  (id, type, version, tenant_id, subject, actor, correlation_id, idempotency_key, occurred_at, data, shard)
  SELECT n.event_id, 'evt.deploy.' || n.outcome, 1, n.tenant_id, 'release/' || n.release_id, 'cluster/' || ?2,
    n.correlation_id, n.event_id, ?4, n.data, ?5
  FROM (SELECT i.event_id, ${OUTCOME} AS outcome, r.tenant_id, r.id AS release_id, r.correlation_id,
      json_object('releaseId', r.id, 'appId', a.id, 'app', a.name, 'projectId', p.id, 'project', p.name,
        'environmentId', e.id, 'environment', e.name, 'clusterId', e.cluster_id, 'revisionId', v.id,
        'revisionNumber', v.number, 'phase', i.phase, 'message', i.message) AS data
    FROM ${ITEMS} JOIN releases r ON r.id = i.id JOIN environments e ON e.id = r.environment_id
    JOIN apps a ON a.id = r.app_id JOIN projects p ON p.id = r.project_id JOIN revisions v ON v.id = r.revision_id
    WHERE ${TAKEN}) n
  WHERE n.outcome IS NOT NULL
  RETURNING id`;

const UPDATE = `UPDATE releases SET phase = n.phase, message = n.message, observed_revision = n.revision,
    status = n.status, status_seq = n.seq, status_epoch = ?3, status_cluster_id = ?2, status_at = ?4,
    announced = COALESCE(n.outcome, announced),
    announced_revision = CASE WHEN n.outcome IS NULL THEN announced_revision ELSE n.revision END
  FROM (SELECT i.*, ${OUTCOME} AS outcome FROM ${ITEMS} JOIN releases r ON r.id = i.id
    JOIN environments e ON e.id = r.environment_id WHERE ${TAKEN}) n
  WHERE releases.id = n.id`;

/**
 * Writes statuses of releases, and the deploy events that they mean, in one batch of two statements whatever their
 * number. An older status never overwrites a newer, and a repeat changes nothing.
 *
 * @returns ids of the events that were written, to be delivered
 */
export async function writeProjection(
  db: D1Database,
  { clusterId, epoch, items }: Projection,
  { now, shard, newId }: ProjectionOrigin,
): Promise<string[]> {
  const releases = newestOfEach(items).map(({ key, status, statusSeq }) => ({
    id: key.slice("release/".length),
    seq: statusSeq,
    revision: status.revision,
    phase: status.phase,
    message: status.message ?? null,
    status: JSON.stringify(status),
    eventId: newId("event"),
  }));
  if (releases.length === 0) return [];
  const json = JSON.stringify(releases);
  const [inserted] = await db.batch<{ id: string }>([
    db.prepare(INSERT_EVENTS).bind(json, clusterId, epoch, now, shard),
    db.prepare(UPDATE).bind(json, clusterId, epoch, now),
  ]);
  return (inserted?.results ?? []).map(({ id }) => id);
}

function newestOfEach(items: readonly ProjectedStatus[]): ProjectedStatus[] {
  const newest = new Map<string, ProjectedStatus>();
  for (const item of items) {
    if (!item.key.startsWith("release/")) continue;
    if ((newest.get(item.key)?.statusSeq ?? -1) < item.statusSeq) newest.set(item.key, item);
  }
  return [...newest.values()];
}
