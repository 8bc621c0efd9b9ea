import type { DesiredDocument } from "../../domain/desired/index.ts";
import type { Located } from "../../domain/desired/placement.ts";
import type { ClusterIdentity } from "../../durable-objects/rpc.ts";
import { projectsOfCluster, tenantsOfCluster } from "./cluster-documents.ts";
import { releaseDocumentsOf } from "./release-documents.ts";
import { releasesOfCluster } from "./release-rows.ts";

export interface DesiredPage {
  documents: DesiredDocument[];
  /** Pass it as `afterKey` to go on; null where this was the last page. */
  next: string | null;
}

const KINDS = ["project", "release", "tenant"] as const;

/**
 * Everything that a cluster should hold, ordered by key, from current rows: what its object is rebuilt from under a
 * new epoch. Upserts only; a page may be short, and the last one alone has no `next`.
 *
 * @param page `limit` at most 100 documents; a page also ends where its specs reach 4 MiB
 */
export async function desiredForCluster(
  db: D1Database,
  clusterId: string,
  page: { afterKey: string | null; limit: number; correlationId: string },
): Promise<DesiredPage> {
  const [kind, afterId] = split(page.afterKey);
  const limit = Math.min(page.limit, 100);
  const { documents, more } = await readKind(db, clusterId, kind, { afterId, limit }, page.correlationId);
  const last = documents.at(-1);
  if (more && last) return { documents, next: last.key };
  const following = KINDS[KINDS.indexOf(kind) + 1];
  return { documents, next: following ? `${following}/` : null };
}

type Kind = (typeof KINDS)[number];

function split(afterKey: string | null): [Kind, string] {
  const [kind, id] = (afterKey ?? "project/").split("/");
  if (!KINDS.includes(kind as Kind)) throw new TypeError(`not a desired key: ${afterKey?.slice(0, 80)}`);
  return [kind as Kind, id ?? ""];
}

async function readKind(
  db: D1Database,
  clusterId: string,
  kind: Kind,
  page: { afterId: string; limit: number },
  correlationId: string,
): Promise<{ documents: DesiredDocument[]; more: boolean }> {
  if (kind !== "release") {
    const read = kind === "tenant" ? tenantsOfCluster : projectsOfCluster;
    const documents = onlyDocuments(await read(db, clusterId, page, correlationId));
    return { documents, more: documents.length === page.limit };
  }
  const rows = await releasesOfCluster(db, clusterId, page);
  for await (const batch of releaseDocumentsOf(db, rows, undefined)) {
    return {
      documents: onlyDocuments(batch),
      more: batch.length < rows.length || rows.length === page.limit,
    };
  }
  return { documents: [], more: false };
}

const onlyDocuments = (located: Located[]): DesiredDocument[] => located.map(({ document }) => document);

const IDENTITY = `SELECT c.id, c.name, c.mode, c.deleted_at, c.epoch, c.epoch_id, c.version,
    (SELECT json_group_array(json_object('publicKey', k.public_key, 'kubeUid', k.kube_uid))
      FROM cluster_keys k WHERE k.cluster_id = c.id AND k.retired_at IS NULL) AS keys
  FROM clusters c WHERE c.id = ?`;

/** Who a cluster is, from its current row and keys; undefined where there is none. */
export async function clusterIdentity(
  db: D1Database,
  clusterId: string,
): Promise<ClusterIdentity | undefined> {
  const row = await db.prepare(IDENTITY).bind(clusterId).first<{
    id: string;
    name: string;
    mode: ClusterIdentity["mode"];
    deleted_at: number | null;
    epoch: number;
    epoch_id: string;
    version: number;
    keys: string;
  }>();
  if (!row) return undefined;
  return {
    clusterId: row.id,
    name: row.name,
    mode: row.mode,
    deleted: row.deleted_at !== null,
    epoch: row.epoch,
    epochId: row.epoch_id,
    version: row.version,
    keys: JSON.parse(row.keys) as ClusterIdentity["keys"],
  };
}
