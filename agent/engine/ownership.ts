import type { GraphIdentity } from "./marks.ts";
import type { Mode, Seen } from "./model.ts";

/** Whose a live object is, as its mark says. `previous`: an earlier life of the same graph. */
export type Owner = "ours" | "previous" | "other" | "nobody";

export function ownerOf(seen: Pick<Seen, "graphUid" | "graphKey">, graph: GraphIdentity): Owner {
  if (seen.graphUid === graph.uid) return "ours";
  if (seen.graphKey === graph.key) return "previous";
  return seen.graphUid === undefined ? "nobody" : "other";
}

/**
 * - `create`: send it so that it fails where anything of that name exists.
 * - `apply`: send it, for the object of this UID alone.
 * - `keep`: look at it, write nothing.
 * - `await`: it is not there, and not ours to make.
 * - `leaving`: it is being deleted; go on when it is gone.
 * - `refuse`: it is somebody else's.
 */
export type Action = "create" | "apply" | "keep" | "await" | "leaving" | "refuse";

export interface Situation {
  mode: Mode;
  /** conflictPolicy Force. */
  force: boolean;
  /** Undefined: nothing of that name is known to exist. */
  live: { owner: Owner; deleting: boolean } | undefined;
}

/** What may be done with a node's object. Nothing that belongs to another graph is ever written. */
export function actionFor({ mode, force, live }: Situation): Action {
  if (mode === "Observe") return live ? "keep" : "await";
  if (!live) return "create";
  if (live.owner === "other") return "refuse";
  if (live.deleting) return "leaving";
  if (mode === "Create") return "keep";
  if (live.owner === "ours" || live.owner === "previous") return "apply";
  return mode === "Adopt" || force ? "apply" : "refuse";
}

/** A deletion needs all of: our inventory (the caller has it from there), our mark, and the recorded UID. */
export function mayDelete(seen: Seen, recordedUid: string | undefined, graph: GraphIdentity): boolean {
  return ownerOf(seen, graph) === "ours" && (recordedUid === undefined || recordedUid === seen.uid);
}
