import { APPLIER_SERVICE_ACCOUNT } from "../../domain/names/labels.ts";
import type { ResourceGraphSpec } from "../../protocol/resources/graph.ts";
import type { Identity } from "../kube/index.ts";
import { buildGraph } from "./build.ts";
import type { EngineContext, LiveGraph } from "./context.ts";
import { loadExpressions } from "./expression-names.ts";
import { actAs } from "./identity.ts";
import type { Graph } from "./model.ts";
import { kindsOf } from "./start-run.ts";

/** What a version of a ResourceGraph asks for, worked out before anything is done. */
export interface Plan {
  /** Missing where the specification is none. */
  graph?: Graph;
  /** Who writes; missing: the agent itself. */
  as?: Identity;
  /** Why nothing of it is applied. */
  problem?: string;
}

export async function planOf(ctx: EngineContext, live: LiveGraph): Promise<Plan> {
  const { namespace = "" } = live.metadata;
  await loadExpressions(live.spec.nodes);
  const built = buildGraph(live.spec, namespace, await ctx.scopeOf(kindsOf(live.spec)));
  const identity = actAs(live.spec.applyAs, namespace, ctx.systemNamespace);
  const graph = "graph" in built ? { graph: built.graph } : {};
  if ("refused" in identity) return { ...graph, as: applierOf(namespace), problem: identity.refused };
  return { ...identity, ...graph, ...("problem" in built ? { problem: built.problem } : {}) };
}

/** Whatever a refused graph names, its removal has no more rights than an allowed one. */
const applierOf = (namespace: string): Identity => ({ namespace, serviceAccount: APPLIER_SERVICE_ACCOUNT });

/** The graph of a specification that may come next; what is no graph keeps nothing. */
export async function graphOf(
  ctx: EngineContext,
  spec: Pick<ResourceGraphSpec, "nodes">,
  namespace: string,
): Promise<Graph> {
  await loadExpressions(spec.nodes);
  const built = buildGraph(spec, namespace, await ctx.scopeOf(kindsOf(spec)));
  return "graph" in built ? built.graph : { nodes: new Map(), order: [], dependants: new Map() };
}
