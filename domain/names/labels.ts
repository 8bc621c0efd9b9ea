/** The labels and annotations that KubeNova puts on what it makes (decisions.md 19, 21, 22). */
export const LABEL = {
  managedBy: "app.kubernetes.io/managed-by",
  tenant: "kubenova.io/tenant",
  project: "kubenova.io/project",
  app: "kubenova.io/app",
  environment: "kubenova.io/environment",
  cluster: "kubenova.io/cluster",
  /** `refuse` on a live object: the API server refuses who would change what its graph applied (adopt.laterWriters). */
  laterWriters: "kubenova.io/later-writers",
} as const;

export const ANNOTATION = {
  /** UID of the ResourceGraph that owns an object: the ownership mark that prune insists on. */
  graph: "kubenova.io/graph-uid",
  /** Desired-set key, revision, digest and epoch that a custom resource was written from. */
  key: "kubenova.io/desired-key",
  revision: "kubenova.io/desired-revision",
  digest: "kubenova.io/desired-digest",
  epoch: "kubenova.io/epoch",
  /** Set when a first snapshot of a new epoch lacks the object: it stays until a tombstone or a confirmation. */
  orphaned: "kubenova.io/orphaned",
  /** `<cluster id>/<desired key>` that an object comes from: names are given again, by others too; this never is. */
  lineage: "kubenova.io/lineage",
  correlation: "kubenova.io/correlation-id",
  /** W3C trace context of the change, only where it is traced. */
  traceparent: "kubenova.io/traceparent",
  /** On a ResourceGraph: each new value carries it out once more. */
  reconcileAt: "kubenova.io/reconcile-at",
  /** On a live object: `disabled` has it left alone, neither corrected nor pruned. */
  reconcile: "kubenova.io/reconcile",
  /** On a live object: `true` keeps it from being deleted by us. */
  protect: "kubenova.io/protect",
} as const;

export const MANAGER = "kubenova";
export const SYSTEM_NAMESPACE = "kubenova-system";
export const APPLIER_SERVICE_ACCOUNT = "kubenova-applier";
