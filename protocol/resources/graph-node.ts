import { z } from "zod";
import { driftPolicySchema } from "./graph-drift.ts";

/** What one graph may hold; what does not fit into its own object stands in shards (graph-shard.ts). */
export const MAX_NODES = 5_000;

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
