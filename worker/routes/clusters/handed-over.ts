import type { ClusterRow } from "../../store/clusters.ts";
import { endFormerOwner } from "../../store/giving.ts";
import { accessEvent } from "../shared/giving.ts";

/** What the former owner of a cluster gave on it ends with his ownership; his feed tells of it. */
export function handedOver(db: D1Database, { id, ownerTenantId: before }: ClusterRow, after: ClusterRow) {
  if (before === null || before === after.ownerTenantId) return { statements: [], events: [] };
  return {
    statements: [endFormerOwner(db, id, before)],
    events: [accessEvent(before, `cluster/${id}`, "cluster-handed-over", { before: { clusterId: id } })],
  };
}
