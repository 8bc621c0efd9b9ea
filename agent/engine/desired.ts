import { ANNOTATION, LABEL } from "../../domain/names/labels.ts";
import type { KubeObject } from "../kube/index.ts";
import { asRun } from "./create.ts";
import { desiredHash } from "./fields.ts";
import { type FieldPath, withoutFields } from "./ignored.ts";
import { type GraphIdentity, GUARDED, marked } from "./marks.ts";
import type { GraphNode } from "./model.ts";

/** A node's object as it is sent, and its hash. */
export interface Desired {
  desired: KubeObject;
  hash: string;
}

export function desiredOf(
  node: GraphNode,
  labels: Readonly<Record<string, string>>,
  identity: GraphIdentity,
): Desired {
  const object = node.mode === "Create" ? asRun(node) : node.object;
  return hashed(marked(withoutFields(object, node.ignore), labels, identity));
}

/** The same without one more field. */
export const desiredWithout = ({ desired }: Desired, path: FieldPath): Desired =>
  hashed(withoutFields(desired, [path]));

/**
 * The same with the mark by which the API server refuses other writers. Who has to write all the same says so by an
 * annotation: that the graph must not hold, or it would be refused like the rest.
 */
export const desiredGuarded = ({ desired }: Desired): Desired => {
  const { [ANNOTATION.reconcile]: reconcile, ...others } = desired.metadata.annotations ?? {};
  const labels = { ...desired.metadata.labels, [LABEL.laterWriters]: GUARDED };
  const annotations = reconcile === "disabled" ? desired.metadata.annotations : others;
  return hashed({
    ...desired,
    metadata: { ...desired.metadata, labels, ...(annotations ? { annotations } : {}) },
  });
};

const hashed = (desired: KubeObject): Desired => ({ desired, hash: desiredHash(desired) });
