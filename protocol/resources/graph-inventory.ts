import { z } from "zod";
import { timeSchema } from "./common.ts";

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
