import type { GraphNode as NodeSpec } from "../../protocol/resources/graph.ts";
import { type KubeObject, type ObjectRef, refString, type TypeRef } from "../kube/index.ts";
import { defaultMode } from "./create.ts";
import { expressionProblem } from "./expression-names.ts";
import { pathOf, REPLICAS, scaledKeys } from "./ignored.ts";
import { impliedEdges, type Located } from "./implied.ts";
import { at, type Graph, type GraphNode, type Nodes } from "./model.ts";
import { nodeProblem } from "./node-problem.ts";
import { findCycle, topologicalOrder } from "./order.ts";

export type Built = { graph: Graph } | { problem: string };

/** Whether a kind is namespaced; undefined where the server does not know the kind (yet). */
export type Scope = (type: TypeRef) => boolean | undefined;

/**
 * The graph of a specification, or in one sentence why there is none. An object without a namespace gets the graph's.
 * Pure.
 */
export function buildGraph(spec: Nodes, namespace: string, scope: Scope): Built {
  const located = locate(spec.nodes, namespace, withDefinitions(spec.nodes, scope));
  const problem = duplicates(located) ?? unknownIds(spec.nodes) ?? nodeProblem(spec.nodes);
  if (problem) return { problem };
  const implied = impliedEdges(located);
  const edges = new Map<string, readonly string[]>();
  for (const node of spec.nodes)
    edges.set(node.id, [...new Set([...(node.dependsOn ?? []), ...(implied.get(node.id) ?? [])])]);
  const order = topologicalOrder(edges);
  if (!order)
    return { problem: `the dependencies of these nodes form a cycle: ${findCycle(edges).join(" → ")}` };

  const scaled = scaledKeys(located);
  const nodes = new Map<string, GraphNode>();
  spec.nodes.forEach((node, index) => {
    nodes.set(node.id, nodeOf(node, located[index] as Located, edges.get(node.id) ?? [], scaled));
  });
  const graph = { nodes, order, dependants: reversed(edges) };
  const unready = expressionProblem(graph);
  return unready ? { problem: unready } : { graph };
}

function nodeOf(
  node: NodeSpec,
  { ref, object }: Located,
  dependsOn: readonly string[],
  scaled: ReadonlySet<string>,
): GraphNode {
  const isScaled = scaled.has(refString(ref));
  const policy = node.applyPolicy ?? {};
  return {
    id: node.id,
    key: refString(ref),
    ref,
    object,
    dependsOn,
    mode: policy.mode ?? defaultMode(object),
    force: policy.conflictPolicy === "Force",
    orphan: policy.deletionPolicy === "Orphan",
    recreate: policy.recreateOnImmutable === true,
    ignore: [...(policy.ignoreFields ?? []).map(pathOf), ...(isScaled ? [REPLICAS] : [])],
    ...(policy.runKey ? { runKey: policy.runKey } : {}),
    protect: policy.protect === true,
    ...(policy.drift ? { drift: policy.drift } : {}),
    readyWhen: node.readyWhen ?? [],
    ...(node.readyTimeoutSeconds ? { readyTimeoutMs: node.readyTimeoutSeconds * 1_000 } : {}),
  };
}

function locate(nodes: readonly NodeSpec[], namespace: string, scope: Scope): Located[] {
  return nodes.map(({ id, object }) => {
    const { apiVersion, kind } = object;
    const { namespace: own, ...metadata } = object.metadata;
    const placed = scope(object) === false ? {} : { namespace: own || namespace };
    const ref: ObjectRef = { apiVersion, kind, name: metadata.name, ...placed };
    return { id, ref, object: { ...object, metadata: { ...metadata, ...placed } } as KubeObject };
  });
}

/** A kind that the server does not know yet may be defined by the graph itself. */
function withDefinitions(nodes: readonly NodeSpec[], scope: Scope): Scope {
  const defined = new Map<string, boolean>();
  for (const { object } of nodes) {
    if (object.kind !== "CustomResourceDefinition") continue;
    const kind = `${at(object, "spec", "group")}/${at(object, "spec", "names", "kind")}`;
    defined.set(kind, at(object, "spec", "scope") !== "Cluster");
  }
  return (type) => scope(type) ?? defined.get(`${type.apiVersion.split("/")[0]}/${type.kind}`);
}

function duplicates(nodes: readonly Located[]): string | undefined {
  const ids = new Set<string>();
  const keys = new Map<string, string>();
  for (const { id, ref } of nodes) {
    if (ids.has(id)) return `two nodes have the id '${id}'`;
    ids.add(id);
    const key = refString(ref);
    const other = keys.get(key);
    if (other !== undefined) return `the nodes '${other}' and '${id}' are the same object, ${key}`;
    keys.set(key, id);
  }
  return undefined;
}

function unknownIds(nodes: readonly NodeSpec[]): string | undefined {
  const ids = new Set(nodes.map((node) => node.id));
  for (const node of nodes) {
    const unknown = node.dependsOn?.find((id) => !ids.has(id));
    if (unknown !== undefined) return `node '${node.id}' depends on '${unknown}', which is not in the graph`;
  }
  return undefined;
}

function reversed(edges: ReadonlyMap<string, readonly string[]>): Map<string, string[]> {
  const dependants = new Map<string, string[]>([...edges.keys()].map((id) => [id, []]));
  for (const [id, after] of edges) for (const needed of after) dependants.get(needed)?.push(id);
  return dependants;
}
