import type { ReleaseRow } from "../../domain/desired/placement.ts";
import type { ReleaseScope } from "../../domain/desired/touched.ts";
import { historyOf } from "./catalogue-documents.ts";

/** Releases as a query finds them, with all that their documents take. Specs may be 1 MiB each: large ones stay out. */

/** Releases that are read at a time. */
const RELEASE_PAGE = 100;
/** A spec up to this size comes with its row; RELEASE_PAGE of them fit an isolate many times over. */
const INLINE_SPEC_BYTES = 64 * 1024;

export interface RawRelease {
  id: string;
  desired_revision: number;
  correlation_id: string;
  alive: number;
  cluster_id: string | null;
  placements: string;
  tenant: string;
  project: string;
  environment: string;
  namespace: string;
  app: string;
  app_id: string;
  revision_id: string;
  revision_number: number;
  digest: string;
  spec_bytes: number;
  /** Null where it is not needed, or so large that it is read apart. */
  spec: string | null;
}

const ALIVE = `(r.deleted_at IS NULL AND a.deleted_at IS NULL AND e.deleted_at IS NULL AND p.deleted_at IS NULL
  AND t.deleted_at IS NULL AND e.cluster_id IS NOT NULL)`;

const COLUMNS = `r.id, r.desired_revision, r.correlation_id, ${ALIVE} AS alive, e.cluster_id, e.placements,
    t.name AS tenant, p.name AS project, e.name AS environment, e.namespace, a.name AS app, a.id AS app_id,
    v.id AS revision_id, v.number AS revision_number, v.digest, LENGTH(v.spec) AS spec_bytes,
    CASE WHEN ${ALIVE} AND LENGTH(v.spec) <= ${INLINE_SPEC_BYTES} THEN v.spec END AS spec`;

const FROM = `FROM releases r
  JOIN apps a ON a.id = r.app_id
  JOIN environments e ON e.id = r.environment_id
  JOIN projects p ON p.id = r.project_id
  JOIN tenants t ON t.id = r.tenant_id`;

/** Whole rows of the releases whose ids a query gives: it sorts and pages over ids alone, never over specs. */
const select = (ids: string): string =>
  `SELECT ${COLUMNS} ${FROM} JOIN revisions v ON v.id = r.revision_id WHERE r.id IN (${ids}) ORDER BY r.id`;

/** Releases that the deployments among these events name (a JSON array of event ids): the hot path, read beside them. */
export const releasesOfEvents = (db: D1Database, ids: string): D1PreparedStatement =>
  db
    .prepare(
      select(`SELECT substr(subject, 9) FROM events
        WHERE id IN (SELECT value FROM json_each(?)) AND type IN ('evt.deploy.requested', 'evt.deploy.rolled-back')`),
    )
    .bind(ids);

const SCOPES: Record<ReleaseScope, string> = {
  release: "r.id = ?1",
  app: "r.app_id = ?1",
  environment: "r.environment_id = ?1",
  // By its tenant first: that is where the index is.
  project: "r.tenant_id = (SELECT tenant_id FROM projects WHERE id = ?1) AND r.project_id = ?1",
  tenant: "r.tenant_id = ?1",
};

/** Releases of a scope, in pages. */
export async function* readReleases(
  db: D1Database,
  scope: { by: ReleaseScope; id: string },
): AsyncGenerator<RawRelease[]> {
  const statement = db.prepare(
    select(
      `SELECT r.id FROM releases r WHERE ${SCOPES[scope.by]} AND r.id > ?2 ORDER BY r.id LIMIT ${RELEASE_PAGE}`,
    ),
  );
  for (let after = ""; ; ) {
    const { results } = await statement.bind(scope.id, after).all<RawRelease>();
    if (results.length > 0) yield results;
    const last = results.at(-1);
    if (results.length < RELEASE_PAGE || !last) return;
    after = last.id;
  }
}

/** Releases that run on a cluster, by id. */
export const releasesOfCluster = (
  db: D1Database,
  clusterId: string,
  page: { afterId: string; limit: number },
): Promise<RawRelease[]> =>
  db
    .prepare(
      select(
        `SELECT r.id ${FROM} WHERE r.environment_id IN (SELECT id FROM environments WHERE cluster_id = ?1)
          AND ${ALIVE} AND r.id > ?2 ORDER BY r.id LIMIT ?3`,
      ),
    )
    .bind(clusterId, page.afterId, page.limit)
    .all<RawRelease>()
    .then(({ results }) => results);

export const releaseFrom = (raw: RawRelease): ReleaseRow => ({
  id: raw.id,
  revision: raw.desired_revision,
  correlationId: raw.correlation_id,
  alive: raw.alive === 1,
  clusterId: raw.cluster_id,
  history: historyOf(raw.placements),
  tenant: raw.tenant,
  project: raw.project,
  environment: raw.environment,
  namespace: raw.namespace,
  app: raw.app,
  appId: raw.app_id,
  revisionId: raw.revision_id,
  revisionNumber: raw.revision_number,
  specDigest: raw.digest,
});
