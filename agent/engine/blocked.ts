import type { Graph } from "./model.ts";
import type { Schedule } from "./schedule.ts";

/** What keeps a node from starting. */
export interface Blocked {
  /** Its own dependencies that are not done. */
  by: readonly string[];
  /** The one at the bottom of it: nothing else keeps that from becoming ready; a failed one where there is any. */
  root: string;
  /** The root has failed: time alone will not help. */
  failed: boolean;
}

/** All nodes that something keeps from starting, in one pass over the edges. */
export function blockedNodes(
  graph: Pick<Graph, "order" | "nodes">,
  schedule: Pick<Schedule, "isFree" | "blockers">,
  isFailed: (id: string) => boolean,
): Map<string, Blocked> {
  const blocked = new Map<string, Blocked>();
  for (const id of graph.order) {
    if (schedule.isFree(id)) continue;
    const by = schedule.blockers(id);
    const roots = by.map((needed) => blocked.get(needed) ?? { root: needed, failed: isFailed(needed) });
    const chosen = roots.find(({ failed }) => failed) ?? roots[0];
    if (chosen) blocked.set(id, { by, root: chosen.root, failed: chosen.failed });
  }
  return blocked;
}

/** How another node stands, in a few words: `is Failed (…)`, `is not ready yet`. */
export type Describe = (id: string) => string;

/** One sentence that says why a node has not started, and what is at the bottom of it. */
export function whyBlocked({ by, root }: Blocked, describe: Describe): string {
  const isDirect = by.includes(root);
  const first = isDirect ? root : by[0];
  const more = by.length > 1 ? ` and ${by.length - 1} more` : "";
  return isDirect
    ? `waits for '${first}', which ${describe(root)}${more}`
    : `waits for '${first}'${more}, held up by '${root}', which ${describe(root)}`;
}
