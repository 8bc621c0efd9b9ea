import { z } from "zod";
import { adoptSchema } from "./adopt.ts";
import { namespaceSchema, objectNameSchema, timeSchema } from "./common.ts";
import { driftPolicySchema } from "./graph-drift.ts";
import { MAX_HISTORY } from "./graph-history.ts";
import { graphNodeSchema, MAX_NODES } from "./graph-node.ts";
import { shardDigestSchema, shardRefsSchema } from "./graph-shard.ts";
import { MAX_VIOLATIONS, violationSchema } from "./policy.ts";

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
