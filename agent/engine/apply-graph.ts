import { sameJson } from "../../domain/canonical/same.ts";
import { ANNOTATION } from "../../domain/names/labels.ts";
import type { GraphNode, ResourceGraphSpec } from "../../protocol/resources/graph.ts";
import type { Kube, KubeObject, LiveObject } from "../kube/index.ts";
import type { LiveGraph } from "./context.ts";
import { REPLACED } from "./history.ts";
import type { Runner } from "./runner.ts";
import type { Chunk } from "./shards.ts";
import { shardsOfNodes } from "./spec-nodes.ts";

export type WrittenGraph = KubeObject & { spec: ResourceGraphSpec };

type Stored = LiveObject["metadata"];

export interface Applying {
  kube: Kube;
  signal: AbortSignal;
  auditId: () => string;
  /** Who carries out the graph of this name, where there is one. */
  runner: () => Runner | undefined;
  /** Takes the answer of the API server. */
  took: (live: LiveObject) => void;
}

/** It would make an empty graph of one whose nodes are not known. */
export class UnknownNodesError extends Error {
  override readonly name = "UnknownNodesError";
}

/** See send.ts: an apply that carries it creates, and never updates. */
const CREATE_ONLY = "1";

/**
 * Stores a graph. Its one write switches to the new nodes as a whole: what does not fit into it stands in shards before.
 * A graph that is not there yet is made first, Pending: shards bear their graph's UID, and go when no graph has it.
 */
export async function applyGraph(applying: Applying, graph: WrittenGraph): Promise<Stored> {
  refuseUnknown(graph, applying.runner()?.live());
  const chunks = shardsOfNodes(graph.spec.nodes);
  await applying.runner()?.secure(graph.spec);
  if (!chunks) return write(applying, graph);
  if (!applying.runner()) await write(applying, { ...graph, spec: { ...graph.spec, nodes: [], shards: [] } });
  const runner = applying.runner();
  if (!runner) throw new Error("the graph went while its nodes were being stored");
  return writeSharded(applying, graph, chunks, runner);
}

/** The object of a graph in shards has `nodes: []`: whoever writes that back without the shards means the shards' nodes. */
function refuseUnknown({ spec, metadata }: WrittenGraph, live: LiveGraph | undefined): void {
  const nodes: GraphNode[] | undefined = spec.nodes;
  const isEcho = live?.spec.shards !== undefined && !spec.shards && nodes === live.spec.nodes;
  if (!nodes || isEcho) throw new UnknownNodesError(`the nodes of ${metadata.name} are not known yet`);
}

async function writeSharded(
  applying: Applying,
  graph: WrittenGraph,
  chunks: readonly Chunk[],
  runner: Runner,
): Promise<Stored> {
  const spec = { ...graph.spec, nodes: [], shards: runner.shards.refsOf(chunks) };
  const wanted = { ...graph, spec };
  if (isSame(runner.live(), wanted) && !runner.isMissing()) return runner.live().metadata;
  const stored = await runner.shards.whilePinned(chunks, async () => {
    await runner.shards.put(chunks);
    return write(applying, wanted);
  });
  if (runner.isMissing()) runner.again();
  return stored;
}

async function write(
  { kube, signal, auditId, runner, took }: Applying,
  graph: WrittenGraph,
): Promise<Stored> {
  const present = runner();
  const replaced = await present?.archive(graph.spec);
  const annotations = { ...graph.metadata.annotations, ...(replaced ? { [REPLACED]: replaced } : {}) };
  const guard = present ? { uid: present.live().metadata.uid } : { resourceVersion: CREATE_ONLY };
  const object: KubeObject = { ...graph, metadata: { ...graph.metadata, annotations, ...guard } };
  const live = await kube.apply(object, { force: true, auditId, signal });
  if (!signal.aborted) took(live);
  return live.metadata;
}

/** A large graph that says the same costs no request; what a change came from is no change. */
function isSame(live: LiveGraph, wanted: WrittenGraph): boolean {
  const essence = ({ metadata: { labels, annotations, ownerReferences }, spec }: KubeObject) => ({
    labels,
    lineage: annotations?.[ANNOTATION.lineage] ?? null,
    ownerReferences,
    spec,
  });
  const forced = ({ metadata }: KubeObject) => metadata.annotations?.[ANNOTATION.reconcileAt];
  return (forced(wanted) ?? forced(live)) === forced(live) && sameJson(essence(live), essence(wanted));
}
