/** What a release says of itself to whoever reads: the agent's phases, and what only the edge can know. */
export interface ReleaseFacts {
  placed: boolean;
  /** The cluster's liveness; undefined where nobody asked, which counts as silent. */
  connected: boolean | undefined;
  /** The manager's database was restored from before what the cluster was told. */
  diverged?: boolean;
  desiredRevision: number;
  /** Desired revision that the newest status speaks of; 0 where there is none. */
  observedRevision: number;
  phase: string;
  message: string | null;
}

export interface ShownPhase {
  phase: string;
  message: string | null;
}

export const DIVERGED =
  "The manager's database was restored from before what the cluster was told. The cluster keeps what it has, and takes nothing new until a new epoch is declared: POST /api/v1/clusters/{cluster}:declare-epoch.";

/**
 * A silent cluster is Unknown, never Ready (architecture.md section 5, number 4); a status of an earlier desired
 * revision says nothing of this one.
 */
export function shownPhase(facts: ReleaseFacts): ShownPhase {
  if (!facts.placed) return { phase: "Pending", message: "The environment is placed on no cluster." };
  if (!facts.connected) {
    return { phase: "Unknown", message: "The cluster is not connected; it keeps what it was last told." };
  }
  if (facts.diverged) return { phase: "Unknown", message: DIVERGED };
  if (facts.observedRevision < facts.desiredRevision) {
    return { phase: "Pending", message: "The cluster has not reported on this yet." };
  }
  return { phase: facts.phase, message: facts.message };
}
