import { LABEL } from "../../domain/names/labels.ts";
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

/** The same with the mark by which the API server refuses other writers. */
export const desiredGuarded = ({ desired }: Desired): Desired => {
  const { metadata } = desired;
  const labels = { ...metadata.labels, [LABEL.laterWriters]: GUARDED };
  return hashed({ ...desired, metadata: { ...metadata, labels } });
};

const hashed = (desired: KubeObject): Desired => ({ desired, hash: desiredHash(desired) });
