import { guardOne } from "./rows.ts";

/** What a cluster's object writes of its cluster. Rows only; the events go into the same batch. */

export interface Lineage {
  epoch: number;
  epochId: string;
}

/** The object takes the row's epoch for the first time. */
export const claimEpoch = (
  db: D1Database,
  clusterId: string,
  held: Lineage,
  now: number,
): D1PreparedStatement[] => [
  db
    .prepare("UPDATE clusters SET claimed_at = ? WHERE id = ? AND epoch_id = ? AND claimed_at IS NULL")
    .bind(now, clusterId, held.epochId),
  guardOne(db),
];

/** The one way to a new epoch, of the object as of a person; it fails where the row has another epoch by now. */
export const moveEpoch = (
  db: D1Database,
  clusterId: string,
  from: Lineage,
  to: Lineage,
  now: number,
): D1PreparedStatement[] => [
  db
    .prepare(
      `UPDATE clusters SET epoch = ?, epoch_id = ?, claimed_at = COALESCE(claimed_at, ?), version = version + 1,
        updated_at = ? WHERE id = ? AND epoch = ? AND epoch_id = ?`,
    )
    .bind(to.epoch, to.epochId, now, now, clusterId, from.epoch, from.epochId),
  guardOne(db),
];

/** The agent was connected, once: liveness itself is never stored. */
export const markConnected = (db: D1Database, clusterId: string, now: number): D1PreparedStatement =>
  db
    .prepare(
      "UPDATE clusters SET state = 'connected', version = version + 1, updated_at = ? WHERE id = ? AND state NOT IN ('connected', 'deleted')",
    )
    .bind(now, clusterId);

/** What the cluster says of itself, as JSON. It is no part of the row's version: nobody edits it. */
export const writeObserved = (
  db: D1Database,
  clusterId: string,
  observed: { capabilities: string | null; inventory: string | null; agentVersion: string | null },
): D1PreparedStatement =>
  db
    .prepare("UPDATE clusters SET capabilities = ?, inventory = ?, agent_version = ? WHERE id = ?")
    .bind(observed.capabilities, observed.inventory, observed.agentVersion, clusterId);

/** A cluster's row changed through its keys: whoever holds an older version of it reads anew. */
export const touchCluster = (db: D1Database, clusterId: string, now: number): D1PreparedStatement[] => [
  db.prepare("UPDATE clusters SET version = version + 1, updated_at = ? WHERE id = ?").bind(now, clusterId),
  guardOne(db),
];

/** Whether an object took an epoch of this row before. */
export const isClaimed = (db: D1Database, clusterId: string): Promise<boolean> =>
  db
    .prepare("SELECT claimed_at IS NOT NULL AS claimed FROM clusters WHERE id = ?")
    .bind(clusterId)
    .first<{ claimed: number }>()
    .then((row) => row?.claimed === 1);
