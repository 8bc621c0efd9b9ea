import type { Lineage, SetState } from "../../domain/cluster/lineage.ts";
import type { ClusterIdentity } from "../rpc.ts";

/** The one row of `state`, held in memory while the object is awake. Each save is one row written. */
export interface ClusterState extends Lineage, SetState {
  clusterId: string;
  name: string;
  mode: "manage" | "read-only";
  deleted: boolean;
  version: number;
  session: number;
  /** Up to where the agent has stored the desired set. */
  acked: number;
  /** Counter of status changes. */
  statusSeq: number;
  /** Key after which the rebuild of the set goes on; null where the set is whole. */
  rebuildAfter: string | null;
  /** What was last told as an event: the session that is connected; 0 where none. */
  announced: number;
  /** Epoch whose orphans were told as an event. */
  orphansAnnounced: number;
  /** Capabilities, inventory or agent version are not in D1 yet. */
  observedDirty: boolean;
  agentVersion: string | null;
  /** JSON. */
  capabilities: string | null;
  inventory: string | null;
  /** Last sign of life of a session that is over. */
  lastSeenAt: number | null;
  /** Newest commit of the database that the set was told of, by its event; 0 and empty where none was. */
  witnessSeq: number;
  witnessId: string;
  /** The database knows that commit no more: it was restored, and is not followed until a person declares an epoch. */
  diverged: boolean;
  /** Sessions taken from an agent that was there still, and not told of yet. */
  takeovers: number;
  /** The last of them, and when that was. */
  takenSession: number;
  takenAt: number;
  takeoversToldAt: number;
}

export const newState = (identity: ClusterIdentity, lineage: Lineage): ClusterState => ({
  clusterId: identity.clusterId,
  name: identity.name,
  mode: identity.mode,
  deleted: identity.deleted,
  version: identity.version,
  ...lineage,
  session: 0,
  seq: 0,
  floor: 0,
  acked: 0,
  statusSeq: 0,
  rebuildAfter: "",
  announced: 0,
  orphansAnnounced: 0,
  observedDirty: false,
  agentVersion: null,
  capabilities: null,
  inventory: null,
  lastSeenAt: null,
  witnessSeq: 0,
  witnessId: "",
  diverged: false,
  takeovers: 0,
  takenSession: 0,
  takenAt: 0,
  takeoversToldAt: 0,
});

const COLUMNS: readonly [keyof ClusterState, string][] = [
  ["clusterId", "cluster_id"],
  ["name", "name"],
  ["mode", "mode"],
  ["deleted", "deleted"],
  ["version", "version"],
  ["epoch", "epoch"],
  ["epochId", "epoch_id"],
  ["session", "session"],
  ["seq", "seq"],
  ["floor", "floor"],
  ["acked", "acked"],
  ["statusSeq", "status_seq"],
  ["rebuildAfter", "rebuild_after"],
  ["announced", "announced"],
  ["orphansAnnounced", "orphans_announced"],
  ["observedDirty", "observed_dirty"],
  ["agentVersion", "agent_version"],
  ["capabilities", "capabilities"],
  ["inventory", "inventory"],
  ["lastSeenAt", "last_seen_at"],
  ["witnessSeq", "witness_seq"],
  ["witnessId", "witness_id"],
  ["diverged", "diverged"],
  ["takeovers", "takeovers"],
  ["takenSession", "taken_session"],
  ["takenAt", "taken_at"],
  ["takeoversToldAt", "takeovers_told_at"],
];
const FLAGS: ReadonlySet<keyof ClusterState> = new Set(["deleted", "observedDirty", "diverged"]);

const SAVE = `INSERT OR REPLACE INTO state (id, ${COLUMNS.map(([, column]) => column).join(", ")})
  VALUES (1, ${COLUMNS.map(() => "?").join(", ")})`;

export function loadState(sql: SqlStorage): ClusterState | undefined {
  const row = sql.exec<Record<string, SqlStorageValue>>("SELECT * FROM state").toArray()[0];
  if (!row) return undefined;
  const entries = COLUMNS.map(([field, column]) => [
    field,
    FLAGS.has(field) ? row[column] === 1 : row[column],
  ]);
  return Object.fromEntries(entries) as ClusterState;
}

export function saveState(sql: SqlStorage, state: ClusterState): void {
  const values = COLUMNS.map(([field]) => {
    const value = state[field];
    return typeof value === "boolean" ? Number(value) : value;
  });
  sql.exec(SAVE, ...values);
}
