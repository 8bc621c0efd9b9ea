import type { GraphIdentity } from "./marks.ts";
import type { Mode, Seen } from "./model.ts";

/**
 * Whose a live object is. A mark is text that anybody may copy, so it counts only with what nobody can copy: the UID that
 * was recorded, or the server's own record that our apply wrote the mark on this very object (`Seen.made`).
 *
 * - `ours`: our mark, and one of the two.
 * - `previous`: the mark of an earlier life of the same graph, of the same lineage, with that proof.
 * - `copy`: a mark of this graph without any proof: somebody made the object anew with copied annotations.
 * - `other`: marked by another graph. `nobody`: no mark, or one that was taken off.
 */
export type Owner = "ours" | "previous" | "copy" | "other" | "nobody";

export type Marks = Pick<Seen, "uid" | "made" | "graphUid" | "graphKey" | "lineage">;

export function ownerOf(seen: Marks, graph: GraphIdentity, recordedUid: string | undefined): Owner {
  if (seen.graphUid === graph.uid) return seen.uid === recordedUid || seen.made ? "ours" : "copy";
  if (seen.graphKey === graph.key && seen.lineage === graph.lineage) return seen.made ? "previous" : "copy";
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
  /**
   * Undefined: nothing of that name is known to exist. `inventoried`: another tool's inventory has it, and nobody has said
   * that it may be taken from there.
   */
  live: { owner: Owner; deleting: boolean; inventoried: boolean } | undefined;
}

/** What may be done with a node's object. Nothing that belongs to another graph or inventory is ever written. */
export function actionFor({ mode, force, live }: Situation): Action {
  if (mode === "Observe") return live ? "keep" : "await";
  if (!live) return "create";
  if (live.owner === "other") return "refuse";
  if (live.deleting) return "leaving";
  if (mode === "Create") return "keep";
  if (live.owner === "ours" || live.owner === "previous") return "apply";
  return (mode === "Adopt" || force) && !live.inventoried ? "apply" : "refuse";
}

/** Why an object is refused, for people. */
export function refusalOf(
  kind: string,
  name: string,
  seen: (Marks & Pick<Seen, "otherOwner">) | undefined,
  owner: Owner | undefined,
): string {
  const it = `${kind} ${name}`;
  if (owner === "copy")
    return `${it} carries this graph's mark, but was made by somebody else: a copy; delete it to have it made anew`;
  const of = seen?.lineage ? ` of ${seen.lineage}` : "";
  if (seen?.graphUid) return `${it} belongs to the graph ${seen.graphKey ?? seen.graphUid}${of}`;
  if (seen?.otherOwner)
    return `${it} belongs to ${seen.otherOwner}; it is taken from there only where adopt.owners names that`;
  if (seen?.graphKey)
    return `${it} was left there by the graph ${seen.graphKey}${of}, which is another; adopt it or give this one another name`;
  return `${it} exists and was not made by this graph; adopt it or give this one another name`;
}

/**
 * A deletion needs all of: an entry in our inventory (the caller has it from there), our mark on the object, and its UID:
 * as recorded, or proved and so adopted. The UID goes with the request as a precondition.
 */
export const mayDelete = (seen: Marks, recordedUid: string | undefined, graph: GraphIdentity): boolean =>
  ownerOf(seen, graph, recordedUid) === "ours";
