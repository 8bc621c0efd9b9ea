import { z } from "zod";
import { objectNameSchema } from "./common.ts";

/** Of a shard's content, as JSON text escapes it; its object is little more. */
export const MAX_SHARD_BYTES = 256 * 1024 - 4_096;
/** Of one specification, of one inventory, or of the states of all nodes: 16 MiB. */
export const MAX_SHARDS = 64;

export const shardDigestSchema = z.string().regex(/^sha256:[0-9a-f]{64}$/);

/** One of the shards that hold what does not fit into a graph's own object, in the order in which they are read. */
export const shardRefSchema = z.object({ name: objectNameSchema, digest: shardDigestSchema });
export type ShardRef = z.infer<typeof shardRefSchema>;
export const shardRefsSchema = z
  .array(shardRefSchema)
  .max(MAX_SHARDS)
  .meta({ "x-kubernetes-list-type": "atomic" });

/**
 * A piece of a ResourceGraph's nodes, their states or its inventory: JSON documents, one a line. A line may go on in the next shard. It
 * never changes; another content is another shard. `digest` is that of the content's UTF-8 bytes.
 */
export const resourceGraphShardSpecSchema = z.object({
  digest: shardDigestSchema,
  content: z.string().max(MAX_SHARD_BYTES),
});
export type ResourceGraphShardSpec = z.infer<typeof resourceGraphShardSpecSchema>;
