import { z } from "zod";
import { adoptSchema } from "./adopt.ts";
import {
  conditionsSchema,
  countsSchema,
  messageSchema,
  namespaceSchema,
  objectNameSchema,
  timeSchema,
} from "./common.ts";
import { shardDigestSchema, shardRefsSchema } from "./graph-shard.ts";
import { MAX_VIOLATIONS, violationSchema } from "./policy.ts";

/** What one graph may hold; what does not fit into its own object stands in shards (graph-shard.ts). */
export const MAX_NODES = 5_000;
/** Nodes that a graph's status shows one by one, those that are not ready first. */
export const MAX_STATUS_NODES = 200;
/** Former graphs that one keeps at most. */
export const MAX_HISTORY = 50;
/** Dependencies that a waiting node names. */
export const MAX_BLOCKERS = 10;

/** What becomes of a field of ours that somebody else changed: Correct sets it back, Report only says it. */
export const driftPolicySchema = z.enum(["Correct", "Report"]);
export type DriftPolicy = z.infer<typeof driftPolicySchema>;

export const applyPolicySchema = z.object({
  /**
   * Apply: make it and keep it so. Create: make it once, leave it alone afterwards. Adopt: as Apply, and take over
   * what is there already. Observe: never write, wait until it is there and ready.
   */
  mode: z.enum(["Apply", "Create", "Adopt", "Observe"]).optional(),
  /** Where another manager holds a field of ours: Fail reports it, Force takes it. */
  conflictPolicy: z.enum(["Fail", "Force"]).optional(),
  /** When the node leaves the graph or the graph goes: Delete it, or Orphan it (it stays, without our marks). */
  deletionPolicy: z.enum(["Delete", "Orphan"]).optional(),
  /** Where the API server says that a changed field is immutable: delete the object, wait until it is gone, make it anew. */
  recreateOnImmutable: z.boolean().optional(),
  /** Never deleted by us, nor made anew in its place: not by a prune, nor with the graph, nor by `recreateOnImmutable`. */
  protect: z.boolean().optional(),
  /** Fields left to others: JSON pointers (`/spec/replicas`); neither sent nor seen as drift. */
  ignoreFields: z.array(z.string().min(1).max(512)).max(64).optional(),
  /** Instead of the graph's own `drift`. */
  drift: driftPolicySchema.optional(),
  /** Of mode Create: another value makes it run again, also where its object is the same. */
  runKey: z.string().min(1).max(128).optional(),
});
export type ApplyPolicy = z.infer<typeof applyPolicySchema>;

/**
 * An open union, told apart by `type`. All must hold; without any, the rules of the object's kind decide.
 * `Exists`: it is there. `ConditionMatch`: `status.conditions[condition]` has this status (default True).
 * `DeploymentAvailable`: its condition Available is True, of the newest generation. `CEL`: `expression` is true, over the
 * object (`self`) and over those of the dependencies and of the nodes named in `nodes` (`nodes["id"]`).
 */
export const readyWhenSchema = z
  .object({
    type: z.string().min(1).max(64),
    condition: z.string().max(316).optional(),
    status: z.string().max(16).optional(),
    expression: z.string().min(1).max(4096).optional(),
    nodes: z.array(z.string().max(512)).max(16).optional(),
  })
  .meta({ "x-kubernetes-preserve-unknown-fields": true });
export type ReadyWhen = z.infer<typeof readyWhenSchema>;

export const graphNodeSchema = z.object({
  id: z.string().min(1).max(512),
  object: z
    .looseObject({
      apiVersion: z.string().min(1).max(317),
      kind: z.string().min(1).max(63),
      metadata: z.looseObject({ name: z.string().max(253), namespace: z.string().max(63).optional() }),
    })
    .meta({ "x-kubernetes-preserve-unknown-fields": true }),
  dependsOn: z.array(z.string().max(512)).max(MAX_NODES).optional(),
  applyPolicy: applyPolicySchema.optional(),
  readyWhen: z.array(readyWhenSchema).max(16).optional(),
  /** From its apply on; then it is Failed until it is ready. Without it a node may take as long as it takes. */
  readyTimeoutSeconds: z.int().min(1).max(604_800).optional(),
});
export type GraphNode = z.infer<typeof graphNodeSchema>;

/**
 * Who the graph's writes are made as. `Agent` is the agent itself and allowed in its own namespace alone; elsewhere
 * only `ServiceAccount` kubenova-applier of the graph's own namespace is (decisions.md 1). The engine insists on it.
 */
export const applyAsSchema = z.object({
  kind: z.enum(["Agent", "ServiceAccount"]),
  namespace: namespaceSchema.optional(),
  name: objectNameSchema.optional(),
});
export type ApplyAs = z.infer<typeof applyAsSchema>;

/** The object that a graph was rendered from, in the graph's own namespace or cluster-scoped. */
export const sourceRefSchema = z.object({
  apiVersion: z.string().min(1).max(317),
  kind: z.string().min(1).max(63),
  name: objectNameSchema,
  uid: z.string().max(64).optional(),
});
export type SourceRef = z.infer<typeof sourceRefSchema>;

/** What a graph was rendered from and by; told to people, never acted upon. Equal renderings must write equal values. */
export const graphMetadataSchema = z
  .object({
    name: z.string().max(253),
    version: z.string().max(128).optional(),
    /** The platform type or module, such as `oci://host/webservice@sha256:…`. */
    platformRef: z.string().max(2_048).optional(),
    /** Digest over all that the rendering read. */
    renderHash: z.string().max(128).optional(),
    /** When a rendering first had this result. */
    renderedAt: timeSchema.optional(),
    engineVersion: z.string().max(128).optional(),
    /** By language, such as `cue: v0.17.1`. */
    languageVersions: z.record(z.string(), z.string().max(128)).optional(),
  })
  .meta({ "x-kubernetes-preserve-unknown-fields": true });
export type GraphMetadata = z.infer<typeof graphMetadataSchema>;

/** What leaves the graph goes when all that stays in it has been applied, and this allows it. */
export const prunePolicySchema = z.object({
  /** So long after that moment; whatever comes back into the graph meanwhile stays. Default 0. */
  graceSeconds: z.int().min(0).max(31_536_000).optional(),
  /** Nothing goes: the status shows what would. */
  dryRun: z.boolean().optional(),
});
export type PrunePolicy = z.infer<typeof prunePolicySchema>;

export const resourceGraphSpecSchema = z.object({
  applyAs: applyAsSchema,
  sourceRef: sourceRefSchema.optional(),
  metadata: graphMetadataSchema.optional(),
  /** Of policies that only warn: a graph with a Deny is never written. */
  violations: z
    .array(violationSchema)
    .max(MAX_VIOLATIONS)
    .meta({ "x-kubernetes-list-type": "atomic" })
    .optional(),
  /** Put on each object beside the ownership marks (decisions.md 19); once here instead of once a node. */
  labels: z.record(z.string(), z.string().max(63)).optional(),
  /** Atomic: one entry in managedFields. A ResourceGraph is written whole, by one writer. */
  nodes: z.array(graphNodeSchema).max(MAX_NODES).meta({ "x-kubernetes-list-type": "atomic" }),
  /**
   * Where the nodes are, when they are too many for this object: one node a line. Then `nodes` is empty. An empty list
   * says that they are on their way: nothing is done with the graph yet.
   */
  shards: shardRefsSchema.optional(),
  /** How many former graphs are kept; default 10, 0 for none. */
  historyLimit: z.int().min(0).max(MAX_HISTORY).optional(),
  /** Digest of one in `status.history`, whose nodes are carried out instead of these, until it is taken away. */
  rollbackTo: shardDigestSchema.optional(),
  /** While it is true nothing is written to any object; drift is still observed. */
  suspend: z.boolean().optional(),
  prune: prunePolicySchema.optional(),
  /** Default Correct. */
  drift: driftPolicySchema.optional(),
  adopt: adoptSchema.optional(),
});
export type ResourceGraphSpec = z.infer<typeof resourceGraphSpecSchema>;

export const GRAPH_PHASES = [
  "Pending",
  "Executing",
  "Ready",
  "Degraded",
  "Failed",
  "Deleting",
  "Suspended",
] as const;
export type GraphPhase = (typeof GRAPH_PHASES)[number];

export const NODE_STATES = [
  "Waiting",
  "Blocked",
  "Applying",
  "Progressing",
  "Ready",
  "Degraded",
  "Failed",
  "Refused",
  "Pruning",
  /** Somebody changed it, and the policy is to report that. */
  "Drifted",
  /** Left alone, as its annotation `kubenova.io/reconcile: disabled` asks. */
  "Disabled",
  /** It left the graph and is still there; the message says why, or when it goes. */
  "Kept",
] as const;
export type NodeState = (typeof NODE_STATES)[number];

/** Managers that one refused apply names at most, and fields of each. */
export const MAX_CONFLICTS = 8;
export const MAX_CONFLICT_FIELDS = 16;

/** Fields of ours that another manager holds. */
export const fieldConflictSchema = z.object({
  manager: z.string().max(128),
  fields: z.array(z.string().max(512)).max(MAX_CONFLICT_FIELDS),
});
export type FieldConflict = z.infer<typeof fieldConflictSchema>;

export const nodeStatusSchema = z.object({
  id: z.string().max(512),
  kind: z.string().max(63),
  namespace: z.string().max(63).optional(),
  name: z.string().max(253),
  state: z.enum(NODE_STATES),
  /** When it was first seen in this state. */
  since: timeSchema.optional(),
  message: messageSchema.optional(),
  /** Failures in a row; from 8 on the next lower power of two. */
  attempts: z.int().min(0).optional(),
  lastError: messageSchema.optional(),
  /** What its readiness was read from, and what it said. */
  readyDetails: z.array(messageSchema).max(16).meta({ "x-kubernetes-list-type": "atomic" }).optional(),
  /** Dependencies that are not ready yet. */
  blockedBy: z
    .array(z.string().max(512))
    .max(MAX_BLOCKERS)
    .meta({ "x-kubernetes-list-type": "atomic" })
    .optional(),
  /** Of the live object. */
  uid: z.string().max(64).optional(),
  /** Of what is applied (decisions.md 23). */
  hash: z.string().max(64).optional(),
  /** It was there before the graph. */
  adopted: z.boolean().optional(),
  conflicts: z
    .array(fieldConflictSchema)
    .max(MAX_CONFLICTS)
    .meta({ "x-kubernetes-list-type": "atomic" })
    .optional(),
});
export type NodeStatus = z.infer<typeof nodeStatusSchema>;

/**
 * One object that the graph may have made. Without `uid`: it may have been applied, and nobody has seen it since.
 * `applied` and `live` are the hashes of decisions.md 23; `orphan` and `protect` are policies that must outlive the node.
 * `leftAt`: it left the graph, and all that stayed was applied then. `adopted`: it was there before the graph.
 * `run` is the run id of a Create, and `done` says that this run has completed: it is never made again.
 */
export const inventoryEntrySchema = z.object({
  group: z.string().max(253).optional(),
  version: z.string().max(63),
  kind: z.string().max(63),
  namespace: z.string().max(63).optional(),
  name: z.string().max(253),
  uid: z.string().max(64).optional(),
  applied: z.string().max(64).optional(),
  live: z.string().max(64).optional(),
  orphan: z.boolean().optional(),
  protect: z.boolean().optional(),
  leftAt: timeSchema.optional(),
  adopted: z.boolean().optional(),
  run: z.string().max(64).optional(),
  done: z.boolean().optional(),
});
export type InventoryEntry = z.infer<typeof inventoryEntrySchema>;

/** Corrected or reported drifts that a status remembers, newest first, and fields of each. */
export const MAX_DRIFTS = 16;
export const MAX_DRIFT_FIELDS = 16;

export const driftSchema = z.object({
  kind: z.string().max(63),
  namespace: z.string().max(63).optional(),
  name: z.string().max(253),
  /** When it was seen. */
  time: timeSchema,
  corrected: z.boolean(),
  /** Fields as `.spec.replicas`; `manager` is who holds the field now, absent where nobody does. */
  fields: z
    .array(z.object({ field: z.string().max(512), manager: z.string().max(128).optional() }))
    .max(MAX_DRIFT_FIELDS)
    .meta({ "x-kubernetes-list-type": "atomic" }),
});
export type Drift = z.infer<typeof driftSchema>;

/** Objects that a status shows of an adoption, those that are refused first. */
export const MAX_ADOPTED = 100;

export const adoptedSchema = z.object({
  kind: z.string().max(63),
  namespace: z.string().max(63).optional(),
  name: z.string().max(253),
  /** Taken: it is ours now. WouldTake: a dry run, or not yet. Mirrored: observed alone. Refused: see the message. */
  state: z.enum(["Taken", "WouldTake", "Mirrored", "Refused"]),
  message: messageSchema.optional(),
  /** Field managers whose fields would be taken. */
  managers: z.array(z.string().max(128)).max(16).meta({ "x-kubernetes-list-type": "atomic" }).optional(),
  /** Which inventory it belongs to, as `adopt.owners` may name it: `helm:shop/web`. */
  owner: z.string().max(512).optional(),
});
export type Adopted = z.infer<typeof adoptedSchema>;

export const adoptionStatusSchema = z.object({
  taken: z.int(),
  refused: z.int(),
  resources: z.array(adoptedSchema).max(MAX_ADOPTED).meta({ "x-kubernetes-list-type": "atomic" }),
});
export type AdoptionStatus = z.infer<typeof adoptionStatusSchema>;

/** A former graph. `digest` is that of its nodes; `phase` is how far it had come when another took its place. */
export const historyEntrySchema = z.object({
  digest: shardDigestSchema,
  generation: z.int().min(0),
  version: z.string().max(128).optional(),
  renderedAt: timeSchema.optional(),
  replacedAt: timeSchema,
  phase: z.enum(GRAPH_PHASES).optional(),
  shards: shardRefsSchema,
});
export type HistoryEntry = z.infer<typeof historyEntrySchema>;

export const resourceGraphStatusSchema = z.object({
  observedGeneration: z.int().min(0).optional(),
  phase: z.enum(GRAPH_PHASES).optional(),
  message: messageSchema.optional(),
  since: timeSchema.optional(),
  counts: countsSchema.optional(),
  nodes: z
    .array(nodeStatusSchema)
    .max(MAX_STATUS_NODES)
    .meta({ "x-kubernetes-list-type": "atomic" })
    .optional(),
  inventory: z
    .array(inventoryEntrySchema)
    .max(2 * MAX_NODES)
    .meta({ "x-kubernetes-list-type": "atomic" })
    .optional(),
  /** Of the nodes that are carried out: what `rollbackTo` would name. */
  digest: shardDigestSchema.optional(),
  /** Set while a former graph is carried out instead of the specification's own. */
  rolledBackTo: shardDigestSchema.optional(),
  /** Newest first. */
  history: z
    .array(historyEntrySchema)
    .max(MAX_HISTORY)
    .meta({ "x-kubernetes-list-type": "atomic" })
    .optional(),
  /** Where the inventory is, when it is too large for this object: one entry a line. Then `inventory` is absent. */
  inventoryShards: shardRefsSchema.optional(),
  conditions: conditionsSchema.optional(),
  /** The newest value of the annotation `kubenova.io/reconcile-at` that was carried out. */
  handledReconcileAt: z.string().max(256).optional(),
  drift: z.array(driftSchema).max(MAX_DRIFTS).meta({ "x-kubernetes-list-type": "atomic" }).optional(),
  adoption: adoptionStatusSchema.optional(),
});
export type ResourceGraphStatus = z.infer<typeof resourceGraphStatusSchema>;
