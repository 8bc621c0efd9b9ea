import { z } from "zod";
import { adoptionStatusSchema } from "./adoption-status.ts";
import { conditionsSchema, countsSchema, messageSchema, timeSchema } from "./common.ts";
import { driftSchema, MAX_DRIFTS } from "./graph-drift.ts";
import { historyEntrySchema, MAX_HISTORY } from "./graph-history.ts";
import { inventoryEntrySchema } from "./graph-inventory.ts";
import { MAX_NODES } from "./graph-node.ts";
import { nodeStatusSchema } from "./graph-node-status.ts";
import { GRAPH_PHASES } from "./graph-phase.ts";
import { shardDigestSchema, shardRefsSchema } from "./graph-shard.ts";

/** Nodes that a graph's status shows one by one, those that are not ready first. */
export const MAX_STATUS_NODES = 200;

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
  /**
   * The states of all nodes, where they are more than `nodes` shows: one NodeStatus a line, in no order. Written when the
   * graph rests, once a minute at most while it does not; what `nodes` says of a node is newer.
   */
  nodeShards: shardRefsSchema.optional(),
  conditions: conditionsSchema.optional(),
  /** The newest value of the annotation `kubenova.io/reconcile-at` that was carried out. */
  handledReconcileAt: z.string().max(256).optional(),
  drift: z.array(driftSchema).max(MAX_DRIFTS).meta({ "x-kubernetes-list-type": "atomic" }).optional(),
  adoption: adoptionStatusSchema.optional(),
});
export type ResourceGraphStatus = z.infer<typeof resourceGraphStatusSchema>;
