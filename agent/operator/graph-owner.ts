import { keyOf } from "./graph-object.ts";
import type { HeldResources } from "./held-resources.ts";
import type { Kind } from "./kind.ts";
import type { Resource } from "./resources.ts";

export interface GraphOwnersOptions {
  systemNamespace: string;
  resources: Pick<HeldResources, "get" | "all">;
  kindOf: (resource: Resource) => Kind;
}

/** Finds the resource that a graph (`namespace/name`) comes from, where that is one of ours. */
export function graphOwners(options: GraphOwnersOptions): (graph: string) => Resource | undefined {
  const { systemNamespace, resources, kindOf } = options;
  return (graph) => {
    const key = keyByName(graph, systemNamespace);
    if (key !== undefined) return resources.get(key);
    return resources.all().find((one) => keyOf(kindOf(one), one) === graph);
  };
}

/** What the graph's name tells: undefined where it tells nothing. */
function keyByName(graph: string, systemNamespace: string): string | undefined {
  const slash = graph.indexOf("/");
  const namespace = graph.slice(0, slash);
  const name = graph.slice(slash + 1);
  if (name.startsWith("transform-")) return `Transform/${namespace}/${name.slice("transform-".length)}`;
  if (name.startsWith("app-")) return `NovaApp/${namespace}/${name.slice("app-".length)}`;
  if (namespace !== systemNamespace) return undefined;
  if (name.startsWith("project-")) return `NovaProject/${name.slice("project-".length)}`;
  return name.startsWith("tenant-") ? `NovaTenant/${name.slice("tenant-".length)}` : undefined;
}
