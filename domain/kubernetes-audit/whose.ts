import { CLOCK_SKEW_MS } from "../audit/query.ts";

/** After an environment has left a cluster, what still comes of it (its removal, a spool) is its tenant's for this long. */
export const LEAVING_MS = 24 * 60 * 60_000;

/** An environment that is, or was, on the cluster. Times are milliseconds since 1970. */
export interface Held {
  namespace: string;
  tenantId: string;
  deletedAt: number | null;
  /** Where it was placed, the oldest first. */
  placements: readonly { clusterId: string | null; at: number }[];
}

/**
 * Whose a request to a namespace was: the tenant's whose environment held it then; undefined where none did. What a
 * cluster says of the time is taken within the bounds that the manager's own clock sets.
 *
 * @param at when it was, as the cluster says
 */
export function holderOf(
  held: readonly Held[],
  { clusterId, namespace, at, now }: { clusterId: string; namespace: string; at: number; now: number },
): string | undefined {
  const spans = held
    .filter((each) => each.namespace === namespace)
    .flatMap((each) => spansOf(each, clusterId).map((span) => ({ ...span, tenantId: each.tenantId })))
    .filter(({ from, until }) => at >= from - CLOCK_SKEW_MS && now < until + LEAVING_MS)
    .sort((a, b) => b.from - a.from);
  return (spans.find(({ from, until }) => at >= from && at < until) ?? spans[0])?.tenantId;
}

/** The times at which an environment was on a cluster. */
function spansOf({ placements, deletedAt }: Held, clusterId: string): { from: number; until: number }[] {
  const end = deletedAt ?? Number.POSITIVE_INFINITY;
  return placements.flatMap((placement, index) =>
    placement.clusterId === clusterId
      ? [{ from: placement.at, until: Math.min(placements[index + 1]?.at ?? end, end) }]
      : [],
  );
}
