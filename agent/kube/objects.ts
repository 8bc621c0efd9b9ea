/** The shapes that every Kubernetes object shares. Fields beyond these stay `unknown`: nothing is dropped. */

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

export interface ManagedFieldsEntry {
  manager?: string;
  operation?: "Apply" | "Update";
  apiVersion?: string;
  time?: string;
  fieldsType?: string;
  fieldsV1?: Record<string, unknown>;
  subresource?: string;
}

export interface ObjectMeta {
  name?: string;
  generateName?: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  ownerReferences?: OwnerReference[];
  managedFields?: ManagedFieldsEntry[];
}

export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  [field: string]: unknown;
}

/** An object as the server answers it: these fields are always there. */
export interface LiveObject extends KubeObject {
  metadata: ObjectMeta & { name: string; uid: string; resourceVersion: string };
}

export interface KubeList<T extends KubeObject = LiveObject> {
  /** The version the list is consistent at: where a watch may begin. */
  resourceVersion: string;
  /** Given where more pages follow. */
  continue?: string;
  remainingItemCount?: number;
  items: T[];
}

/** A kind by its API version (`apps/v1`, `v1`). */
export interface TypeRef {
  apiVersion: string;
  kind: string;
}

export interface GroupVersionKind {
  /** Empty for the core group. */
  group: string;
  version: string;
  kind: string;
}

/** One object by name. `namespace` is ignored for cluster-scoped kinds, required for namespaced ones. */
export interface ObjectRef extends TypeRef {
  namespace?: string;
  name: string;
}

/** What discovery knows about a kind. */
export interface ResourceType extends GroupVersionKind {
  apiVersion: string;
  /** The plural that stands in URLs, e.g. `deployments`. */
  resource: string;
  namespaced: boolean;
  verbs: readonly string[];
  /** e.g. `["status", "scale"]`. */
  subresources: readonly string[];
}
