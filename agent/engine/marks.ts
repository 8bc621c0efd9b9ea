import { ANNOTATION, LABEL, MANAGER } from "../../domain/names/labels.ts";
import type { KubeObject } from "../kube/index.ts";

/** `namespace/name` of the graph: outlives the graph's UID, so that a restored one knows its objects again. */
export const GRAPH_ANNOTATION = "kubenova.io/graph";
/** Which run of a node of mode Create made an object. */
export const RUN_ANNOTATION = "kubenova.io/run";
/** The value of LABEL.laterWriters; the admission policy of the chart names both. */
export const GUARDED = "refuse";
export const MANAGED_SELECTOR = `${LABEL.managedBy}=${MANAGER}`;

export interface GraphIdentity {
  key: string;
  uid: string;
  /**
   * `<cluster id>/<desired key>` of what the graph was rendered from: a namespace that a project let go goes back to that
   * project of that control plane, and to no other of its name. Undefined for a graph that somebody wrote by hand.
   */
  lineage?: string;
}

/** What only the server writes, and what is no part of a desired state. */
const SERVER_METADATA = [
  "uid",
  "resourceVersion",
  "generation",
  "creationTimestamp",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
  "managedFields",
  "selfLink",
] as const;

/** The object as it is sent: without the server's fields, with the graph's labels and the ownership marks. */
export function marked(
  object: KubeObject,
  labels: Readonly<Record<string, string>>,
  graph: GraphIdentity,
): KubeObject {
  const { status: _, ...rest } = object;
  const metadata: KubeObject["metadata"] & Record<string, unknown> = { ...object.metadata };
  for (const field of SERVER_METADATA) delete metadata[field];
  // A copied manifest may have this one; it is the engine's to set.
  const { [LABEL.laterWriters]: _l, ...own } = metadata.labels ?? {};
  metadata.labels = { ...own, ...labels, [LABEL.managedBy]: MANAGER };
  metadata.annotations = {
    ...metadata.annotations,
    [ANNOTATION.graph]: graph.uid,
    [GRAPH_ANNOTATION]: graph.key,
    ...(graph.lineage ? { [ANNOTATION.lineage]: graph.lineage } : {}),
  };
  return { ...rest, metadata } as KubeObject;
}

/**
 * The merge patch that lets an object go. The graph's name and lineage stay on it: the same one may take it back (a
 * project that is restored finds its namespaces), no other may without adopting.
 */
export const unmarkPatch = (uid: string): object => ({
  metadata: {
    uid,
    labels: { [LABEL.managedBy]: null, [LABEL.laterWriters]: null },
    annotations: { [ANNOTATION.graph]: null },
  },
});
