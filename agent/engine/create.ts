/**
 * Mode Create: an object that is made once, and a run that is run once (a migration, a backup).
 *
 * The run id is the digest of the node's object and its `runKey`; it stands on the object as an annotation. From it and
 * the inventory follows at any moment, after any kill, what is to be done:
 *
 * 1. The name is the node's own, and the apply that creates fails where anything of that name exists: two processes, or
 *    one that was killed after its request had left, make one object.
 * 2. When the object of this run is ready, `done` and the run id go into the inventory. From then on nothing is made for
 *    this run, whatever becomes of the object.
 * 3. A Job's `ttlSecondsAfterFinished` is held back until 2 stands in the stored status: an object cannot vanish between
 *    its end and the record of it.
 * 4. Another run id is another run. The object of the former one is replaced where it is a run: a Job, a Pod, or a node
 *    with a `runKey`. Anything else (a generated password, a volume) is left alone for as long as it is there.
 * 5. Who deletes the object of a run that is not done has it run again.
 */
import type { KubeObject } from "../kube/index.ts";
import { groupKind } from "../kube/index.ts";
import type { Held } from "./inventory.ts";
import { RUN_ANNOTATION } from "./marks.ts";
import { at, type GraphNode, hashOf, type Mode, type Seen } from "./model.ts";
import type { Action, Owner } from "./ownership.ts";

const RUNS: readonly string[] = ["Job.batch", "Pod"];

/** A Job that removes itself would be made again and again by an Apply. */
export const defaultMode = (object: KubeObject): Mode =>
  groupKind(object) === "Job.batch" && ttlOf(object) !== undefined ? "Create" : "Apply";

export const runIdOf = ({ object, runKey }: Pick<GraphNode, "object" | "runKey">): string =>
  hashOf([object, runKey ?? null]);

/** Whether a changed node runs anew, in place of what the former one left. */
export const isRun = ({ mode, ref, runKey }: Pick<GraphNode, "mode" | "ref" | "runKey">): boolean =>
  mode === "Create" && (runKey !== undefined || RUNS.includes(groupKind(ref)));

export const ttlOf = (object: KubeObject): unknown =>
  groupKind(object) === "Job.batch" ? at(object, "spec", "ttlSecondsAfterFinished") : undefined;

/** As it is created: with its run id, without the TTL that comes when the run is on record. */
export function asRun(node: Pick<GraphNode, "object" | "runKey">): KubeObject {
  const { object } = node;
  const { annotations = {}, ...metadata } = object.metadata;
  const marked = { ...metadata, annotations: { ...annotations, [RUN_ANNOTATION]: runIdOf(node) } };
  if (ttlOf(object) === undefined) return { ...object, metadata: marked };
  const { ttlSecondsAfterFinished: _, ...spec } = object.spec as Record<string, unknown>;
  return { ...object, metadata: marked, spec };
}

/** Beside the actions of ownership.ts: `done`: nothing more for this run; `replace`: another run's object goes first. */
export type CreateAction = Action | "done" | "replace";

export interface CreateSituation {
  node: Pick<GraphNode, "mode" | "ref" | "runKey" | "protect">;
  runId: string;
  held: Pick<Held, "run" | "done"> | undefined;
  seen: Pick<Seen, "run" | "deleting"> | undefined;
  owner: Owner | undefined;
  /** What ownership alone says. */
  action: Action;
}

/** What may be done for a node of mode Create. Pure. */
export function createAction({ node, runId, held, seen, owner, action }: CreateSituation): CreateAction {
  const isDone = held?.done === true && held.run === runId;
  if (action === "refuse") return action;
  if (isDone && (!seen || seen.deleting)) return "done";
  if (action !== "keep" || !seen || !isRun(node)) return action;
  // A run of somebody else's is not ours, however it ended.
  if (owner !== "ours" && owner !== "previous") return "refuse";
  const isOther = seen.run !== undefined && seen.run !== runId;
  return isOther && !node.protect ? "replace" : "keep";
}
