import type { GraphNode as NodeSpec, ReadyWhen } from "../../protocol/resources/graph.ts";
import type { Graph, GraphNode } from "./model.ts";
import { compile } from "./readiness/cel.ts";
import { loadCel } from "./readiness/cel-library.ts";

/** To be called before a graph of these nodes is built. */
export async function loadExpressions(nodes: readonly NodeSpec[]): Promise<void> {
  if (nodes.some(({ readyWhen }) => readyWhen?.some(({ type }) => type === "CEL"))) await loadCel();
}

/** Ids of the nodes that a check reads, beside its own. */
export function namedBy(
  node: Pick<GraphNode, "dependsOn">,
  { expression = "", nodes = [] }: ReadyWhen,
): readonly string[] {
  const compiled = compile(expression);
  if ("problem" in compiled) return [];
  const { nodes: named, computed } = compiled.analysis;
  return computed ? [...new Set([...node.dependsOn, ...nodes])] : [...named];
}

const checksOf = ({ readyWhen }: GraphNode) => readyWhen.filter(({ type }) => type === "CEL");

/** What is wrong with the nodes that expressions name, in one sentence. */
export function expressionProblem(graph: Graph): string | undefined {
  const comesAfter = createOrder(graph);
  for (const node of graph.nodes.values()) {
    for (const check of checksOf(node)) {
      const needed = new Set(node.dependsOn);
      const allowed = new Set([...needed, ...(check.nodes ?? [])]);
      const says = `node '${node.id}': its expression`;
      for (const id of new Set([...namedBy(node, check), ...(check.nodes ?? [])])) {
        if (!allowed.has(id))
          return `${says} names '${id}', which it neither depends on nor lists in the check's nodes`;
        if (id === node.id) return `${says} names its own node: that is self`;
        if (!needed.has(id) && comesAfter(id, node.id))
          return `${says} names '${id}', which waits for '${node.id}': neither would ever be ready`;
      }
    }
  }
  return undefined;
}

/** Asks whether one node waits for another, however far below. Most answers are in the order; the rest is walked once. */
function createOrder({ order, dependants }: Graph): (id: string, first: string) => boolean {
  const places = new Map(order.map((id, place) => [id, place]));
  const placeOf = (id: string) => places.get(id) ?? 0;
  let below: { first: string; ids: ReadonlySet<string> } | undefined;
  const belowOf = (first: string): ReadonlySet<string> => {
    const ids = new Set<string>();
    const open = [first];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      for (const dependant of dependants.get(next) ?? []) {
        if (ids.has(dependant)) continue;
        ids.add(dependant);
        open.push(dependant);
      }
    }
    return ids;
  };
  return (id, first) => {
    if (placeOf(id) < placeOf(first)) return false;
    if (below?.first !== first) below = { first, ids: belowOf(first) };
    return below.ids.has(id);
  };
}

/** Keys of the objects that a node's expressions read, its own among them. */
export function keysOfExpressions(graph: Graph, node: GraphNode): string[] {
  const checks = checksOf(node);
  if (checks.length === 0) return [];
  const ids = checks.flatMap((check) => [...namedBy(node, check)]);
  return [...new Set([node.key, ...ids.flatMap((id) => graph.nodes.get(id)?.key ?? [])])];
}
