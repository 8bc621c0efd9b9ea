import { z } from "zod";
import { timeSchema } from "./common.ts";
import { GRAPH_PHASES } from "./graph-phase.ts";
import { shardDigestSchema, shardRefsSchema } from "./graph-shard.ts";

/** Former graphs that one keeps at most. */
export const MAX_HISTORY = 50;

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
