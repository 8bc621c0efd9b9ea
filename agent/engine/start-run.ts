import { ANNOTATION } from "../../domain/names/labels.ts";
import type { Identity } from "../kube/index.ts";
import { createAdoption } from "./adoption.ts";
import { auditIds } from "./audit.ts";
import type { LiveGraph } from "./context.ts";
import { runIdOf } from "./create.ts";
import { desiredGuarded, desiredOf } from "./desired.ts";
import { keysOfExpressions } from "./expression-names.ts";
import type { Host } from "./host.ts";
import { isGuarded } from "./later-writers.ts";
import type { GraphIdentity } from "./marks.ts";
import { type Graph, graphKeyOf, type Nodes } from "./model.ts";
import type { NodeRun, Run } from "./node-run.ts";
import { traceRun } from "./run-trace.ts";
import { createSchedule } from "./schedule.ts";

export function identityOf(live: LiveGraph): GraphIdentity {
  const lineage = lineageOf(live);
  return { key: graphKeyOf(live), uid: live.metadata.uid, ...(lineage ? { lineage } : {}) };
}

/** The value of the annotation that asks for the graph to be carried out once more. */
export const reconcileAtOf = ({ metadata: { annotations } }: LiveGraph): string | undefined =>
  annotations?.[ANNOTATION.reconcileAt]?.slice(0, 256) || undefined;

export const lineageOf = ({ metadata: { annotations } }: LiveGraph): string | undefined =>
  annotations?.[ANNOTATION.lineage];

/** A run of this generation, with its watches held and nothing sent yet. `subscribe` collects what ends them. */
export function startRun(
  host: Host,
  live: LiveGraph,
  graph: Graph,
  as: Identity | undefined,
  subscribe: (off: () => void) => void,
): Run {
  const { cache, clock } = host.ctx;
  const identity = identityOf(live);
  const generation = live.metadata.generation ?? 0;
  const wasReady = wasReadyBefore(live, generation);
  const reconcileAt = reconcileAtOf(live);
  const isForced = reconcileAt !== undefined && reconcileAt !== live.status?.handledReconcileAt;
  const namespace = live.metadata.namespace ?? "";
  const nodes = new Map<string, NodeRun>();
  for (const [id, node] of graph.nodes) {
    const plain = desiredOf(node, live.spec.labels ?? {}, identity);
    const guarded = isGuarded(live.spec.adopt, node, namespace, host.inventory.get(node.key));
    const hold = node.mode === "Observe" ? cache.holdOneAs(node.ref, as) : cache.holdKind(node.ref, as);
    const one: NodeRun = {
      node,
      ...(guarded ? desiredGuarded(plain) : plain),
      ...(node.mode === "Create" ? { runId: runIdOf(node) } : {}),
      hold,
      state: "Waiting",
      applied: false,
      wasReady,
      attempts: 0,
      notBefore: 0,
      corrections: 0,
      correctedAt: 0,
      resend: isForced,
    };
    nodes.set(id, one);
    subscribe(hold.on(() => host.poke(id)));
    subscribe(cache.on(node.key, () => host.poke(id)));
    subscribe(() => {
      hold.release();
      one.watch?.release();
      one.pods?.release();
    });
    for (const key of keysOfExpressions(graph, node)) {
      subscribe(cache.keepWhole(key));
      if (key !== node.key) subscribe(cache.on(key, () => host.poke(id)));
    }
  }
  const adoption = live.spec.adopt
    ? createAdoption({ host, policy: live.spec.adopt, graph, identity, namespace, ...(as ? { as } : {}) })
    : undefined;
  if (adoption) subscribe(adoption.release);
  const trace = traceRun(host.ctx.tracer, live);
  if (trace) subscribe(trace.end);
  return {
    ...(trace ? { trace } : {}),
    generation,
    identity,
    ...(as ? { as } : {}),
    auditId: auditIds(live),
    graph,
    schedule: createSchedule(graph),
    nodes,
    startedAt: clock.monotonic(),
    acted: false,
    expressionsBarredUntil: 0,
    suspended: live.spec.suspend === true,
    reportsDrift: live.spec.drift === "Report",
    ...(reconcileAt ? { reconcileAt } : {}),
    ...(adoption ? { adoption } : {}),
  };
}

/** A process that starts anew calls what was ready under this generation Degraded, not Progressing. */
function wasReadyBefore({ status }: LiveGraph, generation: number): boolean {
  const stood = status?.phase === "Ready" || status?.phase === "Degraded";
  return stood && status.observedGeneration === generation;
}

/** Kinds of a graph, each once. */
export function kindsOf({ nodes }: Nodes): { apiVersion: string; kind: string }[] {
  const kinds = new Map<string, { apiVersion: string; kind: string }>();
  for (const { object } of nodes)
    kinds.set(`${object.apiVersion}/${object.kind}`, { apiVersion: object.apiVersion, kind: object.kind });
  return [...kinds.values()];
}
