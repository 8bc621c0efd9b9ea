/** What decides whether an environment may be placed on a cluster. */
export interface PlacementCluster {
  mode: "manage" | "read-only";
  deleted: boolean;
  ownerTenantId: string | null;
  /** Null is every tenant where the platform owns it, and nobody but the owner where a tenant does. */
  allowedTenants: readonly string[] | null;
}

export type PlacementProblem = "unknown" | "deleted" | "not-allowed" | "read-only";

/** Whether a tenant's workloads may be on a cluster (decisions.md 10). */
export const mayUseCluster = (cluster: PlacementCluster, tenantId: string): boolean =>
  cluster.ownerTenantId === tenantId ||
  (cluster.allowedTenants === null
    ? cluster.ownerTenantId === null
    : cluster.allowedTenants.includes(tenantId));

/** Why an environment may not be placed there; null where it may. */
export function placementProblem(
  cluster: PlacementCluster | undefined,
  tenantId: string,
  delivery: "direct" | "git",
): PlacementProblem | null {
  if (!cluster) return "unknown";
  if (cluster.deleted) return "deleted";
  if (!mayUseCluster(cluster, tenantId)) return "not-allowed";
  return cluster.mode === "read-only" && delivery === "direct" ? "read-only" : null;
}

/** Placements that are remembered: each cluster among them still gets the tombstone of what it once held. */
export const MAX_PLACEMENTS = 50;

/** Environments of a project: each PUT of an app may write a release in each of them. */
export const MAX_ENVIRONMENTS = 32;
