/** Liveness is derived at each read from signs of life, never stored (architecture.md section 4). */
export interface SignsOfLife {
  /** Milliseconds since 1970 of the last ping that the runtime answered, and of the last frame. */
  lastPingAt: number | null;
  lastFrameAt: number | null;
  /** The session's socket is open. */
  open: boolean;
}

export function lastSeen(signs: Pick<SignsOfLife, "lastPingAt" | "lastFrameAt">): number | null {
  const { lastPingAt, lastFrameAt } = signs;
  if (lastPingAt === null) return lastFrameAt;
  return lastFrameAt === null ? lastPingAt : Math.max(lastPingAt, lastFrameAt);
}

export function isConnected(signs: SignsOfLife, now: number, unknownAfterMs: number): boolean {
  const seen = lastSeen(signs);
  return signs.open && seen !== null && now - seen <= unknownAfterMs;
}

export type StoredClusterState = "pending_bootstrap" | "bootstrapping" | "connected" | "deleted";
export type ClusterStatus = "pending_bootstrap" | "bootstrapping" | "connected" | "unknown" | "deleted";

/** What a reader is told. `connected` in the database only means that it was, once. */
export function clusterStatus(
  row: { state: StoredClusterState; deleted: boolean },
  connected: boolean,
): ClusterStatus {
  if (row.deleted || row.state === "deleted") return "deleted";
  if (connected) return "connected";
  return row.state === "connected" ? "unknown" : row.state;
}
