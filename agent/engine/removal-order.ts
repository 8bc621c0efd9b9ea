import type { ObjectRef } from "../kube/index.ts";
import { removalRank } from "./inventory.ts";

/** Tells what has to wait for others of the same removal. */
export type Waits = (ref: ObjectRef) => boolean;

/**
 * Which leftovers wait, where no graph says it: what a running object may still need goes after it, a namespace after
 * all that is in it, a definition after all of its group. One that is stuck thus holds up only what it may need.
 */
export function removalOrder(remaining: Iterable<ObjectRef>): Waits {
  /** By namespace (cluster-wide objects by ""), and by API group: the lowest rank that is still there. */
  const lowest = new Map<string, number>();
  const groups = new Map<string, number>();
  let lowestAnywhere = Number.POSITIVE_INFINITY;
  for (const ref of remaining) {
    const rank = removalRank(ref);
    const place = ref.namespace ?? "";
    lowest.set(place, Math.min(rank, lowest.get(place) ?? rank));
    const group = ref.apiVersion.split("/")[0] ?? "";
    groups.set(group, Math.min(rank, groups.get(group) ?? rank));
    lowestAnywhere = Math.min(lowestAnywhere, rank);
  }
  return (ref) => {
    const rank = removalRank(ref);
    if (ref.kind === "Namespace") return lowest.has(ref.name);
    if (ref.kind === "CustomResourceDefinition") return groups.has(ref.name.slice(ref.name.indexOf(".") + 1));
    if (ref.namespace === undefined) return lowestAnywhere < rank;
    return (lowest.get(ref.namespace) ?? rank) < rank || (lowest.get("") ?? rank) < rank;
  };
}
