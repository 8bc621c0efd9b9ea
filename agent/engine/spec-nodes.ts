import { z } from "zod";
import {
  type GraphNode,
  graphNodeSchema,
  MAX_NODES,
  type ResourceGraphSpec,
} from "../../protocol/resources/graph.ts";
import type { LiveGraph, SeenGraph } from "./context.ts";
import { ShardError } from "./shard-objects.ts";
import type { ShardStore } from "./shard-store.ts";
import { type Chunk, chunksOf, documentsOf, linesOf } from "./shards.ts";

/** A specification's nodes up to this size stand in the graph's own object. */
const INLINE_BYTES = 256 * 1024;

const nodesSchema = z.array(graphNodeSchema).max(MAX_NODES);

type Stored = Pick<ResourceGraphSpec, "nodes" | "shards">;

/** The graph is there, its nodes are about to be: what comes is not known, so nothing is applied and nothing pruned. */
export const isPending = ({ nodes, shards }: Stored): boolean => shards?.length === 0 && nodes.length === 0;

/**
 * The nodes of a specification, wherever they stand.
 *
 * @throws ShardError where they cannot be had as they are named
 */
export async function nodesOf(
  { nodes, shards }: Stored,
  store: Pick<ShardStore, "load">,
): Promise<GraphNode[]> {
  if (!shards || shards.length === 0) return nodes;
  if (nodes.length > 0) throw new ShardError("it has nodes of its own and shards: one of the two is meant");
  const contents = await store.load(shards);
  try {
    return nodesSchema.parse(documentsOf(contents));
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error).split("\n")[0] : "not one JSON a line";
    throw new ShardError(`its shards hold no list of nodes: ${why}`);
  }
}

/** As if its nodes stood in the graph's own object. `plan`: of this generation; undefined while that is worked out. */
export function seenGraph(live: LiveGraph, plan: { nodes?: GraphNode[] } | undefined): SeenGraph {
  const { shards, ...spec } = live.spec;
  if (!shards) return { ...live, isReading: false };
  if (plan?.nodes) return { ...live, spec: { ...spec, nodes: plan.nodes }, isReading: false };
  return { ...live, spec: { ...spec, nodes: undefined, shards }, isReading: !plan };
}

/** The pieces in which nodes are stored; undefined where they fit into the graph's own object. */
export function shardsOfNodes(nodes: readonly GraphNode[]): readonly Chunk[] | undefined {
  const lines = linesOf(nodes);
  const bytes = lines.reduce((sum, line) => sum + line.length, 0);
  return bytes > INLINE_BYTES ? chunksOf(lines) : undefined;
}
