import type { ViewEdge } from "../../domain/graph/view.ts";
import type { ResourceGraphSpec } from "../../protocol/resources/graph.ts";
import type { Graph } from "./model.ts";

/** A graph's edges as people see them, each once: what somebody wrote, and what follows from the objects. Pure. */
export function edgesOf(spec: Pick<ResourceGraphSpec, "nodes">, graph: Graph): ViewEdge[] {
  const written = new Map(spec.nodes.map(({ id, dependsOn = [] }) => [id, new Set(dependsOn)]));
  return [...graph.nodes.values()].flatMap(({ id, dependsOn }) =>
    dependsOn.map((from) => ({
      from,
      to: id,
      kind: written.get(id)?.has(from) ? ("explicit" as const) : ("implied" as const),
    })),
  );
}
