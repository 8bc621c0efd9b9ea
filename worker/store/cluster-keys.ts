import { insertRow } from "./rows.ts";
import { clusterKeys } from "./schema/index.ts";

export type ClusterKey = typeof clusterKeys.$inferSelect;

export const insertClusterKey = (db: D1Database, key: ClusterKey): D1PreparedStatement =>
  insertRow(db, clusterKeys, key);

/** Every key of a cluster but one is retired. */
export const retireOtherKeys = (
  db: D1Database,
  clusterId: string,
  keep: string,
  now: number,
): D1PreparedStatement =>
  db
    .prepare(
      "UPDATE cluster_keys SET retired_at = ? WHERE cluster_id = ? AND public_key <> ? AND retired_at IS NULL",
    )
    .bind(now, clusterId, keep);

/** A key was used: those that it replaces are retired, and the cluster's row has a new version where there were any. */
export const retireOlderKeys = (
  db: D1Database,
  clusterId: string,
  used: string,
  now: number,
): D1PreparedStatement[] => [
  db
    .prepare(
      `UPDATE cluster_keys SET retired_at = ?1 WHERE cluster_id = ?2 AND retired_at IS NULL AND public_key <> ?3
        AND created_at < (SELECT created_at FROM cluster_keys WHERE public_key = ?3)`,
    )
    .bind(now, clusterId, used),
  db
    .prepare("UPDATE clusters SET version = version + 1, updated_at = ? WHERE id = ? AND changes() > 0")
    .bind(now, clusterId),
];

/** Who holds a public key: a row of `cluster_id`. A key belongs to one cluster for ever. */
export const findClusterKey = (db: D1Database, publicKey: string): D1PreparedStatement =>
  db.prepare("SELECT cluster_id, retired_at FROM cluster_keys WHERE public_key = ?").bind(publicKey);
