import { APPLIER_SERVICE_ACCOUNT } from "../../domain/names/labels.ts";
import type { GraphNode } from "../../protocol/resources/graph.ts";
import type { Identity } from "../kube/index.ts";
import { type Built, buildGraph } from "./build.ts";
import type { EngineContext, LiveGraph } from "./context.ts";
import { loadExpressions } from "./expression-names.ts";
import type { History } from "./history.ts";
import { actAs } from "./identity.ts";
import type { Graph, Nodes } from "./model.ts";
import { carriedBy } from "./rollback.ts";
import { ShardError } from "./shard-objects.ts";
import type { ShardStore } from "./shard-store.ts";
import { isPending, nodesOf } from "./spec-nodes.ts";
import { kindsOf } from "./start-run.ts";

/** What a version of a ResourceGraph asks for, worked out before anything is done. */
export interface Plan {
  /** Missing where the specification is none. */
  graph?: Graph;
  /** All that its specification names, wherever they stand; the graph is of others while it is rolled back. */
  nodes?: GraphNode[];
  /** Who writes; missing: the agent itself. */
  as?: Identity;
  /** Why nothing of it is applied. */
  problem?: string;
  /** Its nodes are on their way. */
  pending?: boolean;
  /** What it may have made is not known: nothing may be done with it, not even deleted. */
  isLost?: boolean;
  /** Shards that are not there may come. */
  mayPass?: boolean;
  /** Digest of what is carried out; missing where that is nothing. */
  carries?: string;
  /** It is refused, and the graph is of what was carried out before. */
  goesOn?: boolean;
}

/** Rejects where the API server could not be asked for its shards. */
export async function planOf(
  ctx: EngineContext,
  live: LiveGraph,
  shards: ShardStore,
  history: Pick<History, "nodesFor" | "digestOf">,
): Promise<Plan> {
  const { namespace = "" } = live.metadata;
  const identity = actAs(live.spec.applyAs, namespace, ctx.systemNamespace);
  const who = "refused" in identity ? { as: applierOf(namespace) } : identity;
  if (isPending(live.spec)) return { ...who, pending: true };
  const nodes = await nodesOf(live.spec, shards).catch(shardProblem);
  if (typeof nodes === "string") return { ...who, problem: nodes, mayPass: true };
  const { mayPass = false, ...carried } = await carriedBy(live, nodes, history);
  if (!("nodes" in carried)) return { ...who, nodes, mayPass, ...carried };
  const graph = await builtOf(ctx, carried.nodes, namespace);
  const plan = { ...who, nodes, mayPass, carries: carried.digest, ...graph };
  if ("refused" in identity) return { ...plan, problem: identity.refused };
  if (carried.problem === undefined || "problem" in graph) return plan;
  return { ...plan, problem: carried.problem, goesOn: true };
}

async function builtOf(ctx: EngineContext, nodes: readonly GraphNode[], namespace: string): Promise<Built> {
  const spec = { nodes: [...nodes] };
  await loadExpressions(spec.nodes);
  return buildGraph(spec, namespace, await ctx.scopeOf(kindsOf(spec)));
}

function shardProblem(error: unknown): string {
  if (error instanceof ShardError) return `${error.message}; nothing is applied or pruned`;
  throw error;
}

/** Whatever a refused graph names, its removal has no more rights than an allowed one. */
const applierOf = (namespace: string): Identity => ({ namespace, serviceAccount: APPLIER_SERVICE_ACCOUNT });

/** The graph of a specification that may come next; what is no graph keeps nothing. */
export async function graphOf(ctx: EngineContext, spec: Nodes, namespace: string): Promise<Graph> {
  const built = await builtOf(ctx, spec.nodes, namespace);
  return "graph" in built ? built.graph : { nodes: new Map(), order: [], dependants: new Map() };
}
