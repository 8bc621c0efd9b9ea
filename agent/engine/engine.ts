import { API_VERSION } from "../../domain/desired/index.ts";
import { clusterOf, isForeign } from "../../domain/desired/owner.ts";
import type { ViewEdge } from "../../domain/graph/view.ts";
import type { NodeStatus, ResourceGraphSpec, ResourceGraphStatus } from "../../protocol/resources/graph.ts";
import {
  type Clock,
  createReflector,
  type EventInput,
  type Kube,
  type LiveObject,
  type Random,
} from "../kube/index.ts";
import { errorText, type Logger } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import { NO_TRACER, type Tracer } from "../tracing/tracer.ts";
import { applyGraph, type WrittenGraph } from "./apply-graph.ts";
import { buildGraph } from "./build.ts";
import { createCache } from "./cache.ts";
import type { EngineContext, LiveGraph, SeenGraph } from "./context.ts";
import { counters, gaugesOfGraphs } from "./counters.ts";
import { edgesOf } from "./edges.ts";
import { loadExpressions } from "./expression-names.ts";
import { graphKeyOf } from "./model.ts";
import { createPodWatch } from "./pod-watch.ts";
import { createRunner, type Runner } from "./runner.ts";
import { createScopes } from "./scopes.ts";
import { createShardSweeper } from "./shard-sweep.ts";
import { kindsOf } from "./start-run.ts";

/** A server ends a request that changes something after 60 s (--request-timeout); what died on the way to it comes sooner. */
const LATE_REQUEST_MS = 65_000;

export interface EngineOptions {
  kube: Kube;
  clock: Clock;
  random?: Random;
  log: Logger;
  metrics: Metrics;
  signal: AbortSignal;
  /** The one namespace whose graphs may act as the agent itself. */
  systemNamespace: string;
  /** How long after the start requests of a former process may still arrive; see {@link LATE_REQUEST_MS}. */
  lateRequestMs?: number;
  /** Graphs of other clusters' ids are left alone; undefined: all are ours. */
  clusterId?: string;
  record: (event: EventInput) => void;
  /** Off where absent. */
  tracer?: Tracer;
}

/**
 * Told of each graph whose state changed, whose nodes have been read, or that has gone. `status`: undefined where none is
 * known. Keys are `namespace/name`.
 */
export type GraphListener = (key: string, status: ResourceGraphStatus | undefined) => void;

export interface Engine {
  /** Resolves when all graphs are known. */
  readonly synced: Promise<void>;
  /** With all its nodes, wherever they are stored. */
  get(key: string): SeenGraph | undefined;
  /** The newest status worth knowing; it may be ahead of the stored one. */
  status(key: string): ResourceGraphStatus | undefined;
  /** Every node of a graph as it stands now, more than its status shows; undefined while that is not known. */
  nodes(key: string): readonly NodeStatus[] | undefined;
  /**
   * The edges of a specification as the engine would order it, or why it would refuse it. Kinds are asked for by
   * discovery; nothing is written.
   */
  plan(
    spec: Pick<ResourceGraphSpec, "nodes">,
    namespace: string,
  ): Promise<{ edges: ViewEdge[] } | { problem: string }>;
  /** Id of the cluster that a graph of this name belongs to, where that is not ours. */
  foreign(key: string): string | undefined;
  keys(): Iterable<string>;
  /**
   * Writes a ResourceGraph and begins with it at once. Rejects with kind `conflict` where another took its place, with a
   * RangeError where it is more than a graph may hold, and with an UnknownNodesError. The answer: as it was stored.
   */
  apply(graph: WrittenGraph, auditId: () => string): Promise<LiveObject["metadata"]>;
  /** Tries now what waits for a pause after a failure, in all graphs of a namespace. */
  retryNow(namespace: string): void;
  on(listener: GraphListener): () => void;
  stats(): { graphs: number; watches: number; objects: number };
  /** After the signal: resolves when no handler runs any more. */
  stop(): Promise<void>;
}

/** Carries out every ResourceGraph of the cluster, each on its own, and keeps it so. */
export function createEngine(options: EngineOptions): Engine {
  const { kube, clock, log, signal, random = Math.random } = options;
  const watchFailed = (what: string, error: unknown) =>
    log.warn("watch failed, will be resumed", { what, error: errorText(error) });
  const cache = createCache({ kube, clock, signal, onError: watchFailed });
  const pods = createPodWatch({ kube, clock, signal, onError: watchFailed });
  const ctx: EngineContext = {
    ...{ kube, cache, pods, clock, random, log, signal },
    systemNamespace: options.systemNamespace,
    lateUntil: clock.monotonic() + (options.lateRequestMs ?? LATE_REQUEST_MS),
    scopeOf: createScopes(kube, clock, signal),
    record: options.record,
    count: counters(options.metrics),
    tracer: options.tracer ?? NO_TRACER,
  };
  const runners = new Map<string, Runner>();
  const foreign = new Map<string, string>();
  const listeners = new Set<GraphListener>();
  const { metrics } = options;
  metrics.gaugeOf("kubenova_engine_graphs", "ResourceGraphs", () => runners.size);
  const statuses = () => [...runners.values()].map((runner) => runner.status() ?? runner.live().status ?? {});
  gaugesOfGraphs(metrics, statuses);
  metrics.gaugeOf(
    "kubenova_engine_graphs_unknown",
    "ResourceGraphs of whose newest generation it is not known yet how it stands",
    () => [...runners.values()].filter(isUnknown).length,
  );
  const tell: GraphListener = (key, status) => {
    for (const listener of listeners) listener(key, status);
  };

  const take = (live: LiveGraph) => {
    const key = graphKeyOf(live);
    const runner = runners.get(key);
    const cluster = clusterOf(live.metadata.labels);
    if (cluster && isForeign(cluster, options.clusterId)) {
      drop(live);
      return void foreign.set(key, cluster);
    }
    foreign.delete(key);
    if (runner?.live().metadata.uid === live.metadata.uid) return runner.offer(live);
    runner?.stop();
    if (runner) sweeper.gone(runner.live(), runner.shards.isUsed);
    runners.set(
      key,
      createRunner(ctx, live, (status) => tell(key, status)),
    );
  };
  const drop = (live: LiveGraph) => {
    const key = graphKeyOf(live);
    const runner = runners.get(key);
    foreign.delete(key);
    if (!runner || runner.live().metadata.uid !== live.metadata.uid) return;
    runner.stop();
    runners.delete(key);
    tell(key, undefined);
  };
  const reflector = createReflector<LiveGraph>(kube, {
    type: { apiVersion: API_VERSION, kind: "ResourceGraph" },
    transform: withoutManagedFields,
    clock,
    onError: (error) => watchFailed("ResourceGraph", error),
  });
  // Other clusters' graphs have no runner here, and need their shards all the same.
  const strangers = () => [...reflector.store.values()].filter((live) => foreign.has(graphKeyOf(live)));
  const known = () => [...[...runners.values()].map((runner) => runner.live()), ...strangers()];
  const sweeper = createShardSweeper(ctx, known, reflector.synced);
  const gone = (live: LiveGraph) => {
    const runner = runners.get(graphKeyOf(live));
    drop(live);
    if (runner?.live().metadata.uid === live.metadata.uid) sweeper.gone(runner.live(), runner.shards.isUsed);
  };
  reflector.on({ added: take, updated: take, deleted: gone });

  return {
    synced: reflector.synced,
    get: (key) => runners.get(key)?.seen(),
    status: (key) => runners.get(key)?.status(),
    nodes: (key) => runners.get(key)?.nodes(),
    async plan(spec, namespace) {
      await loadExpressions(spec.nodes);
      const built = buildGraph(spec, namespace, await ctx.scopeOf(kindsOf(spec)));
      return "graph" in built ? { edges: edgesOf(spec, built.graph) } : built;
    },
    foreign: (key) => foreign.get(key),
    keys: () => runners.keys(),
    apply(graph, auditId) {
      const runner = () => runners.get(graphKeyOf(graph));
      const took = (live: LiveObject) => take(withoutManagedFields(live));
      return applyGraph({ kube, signal, auditId, runner, took }, graph);
    },
    retryNow(namespace) {
      for (const [key, runner] of runners) if (key.startsWith(`${namespace}/`)) runner.retryNow();
    },
    on(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    stats: () => ({ graphs: runners.size, ...cache.stats() }),
    async stop() {
      await reflector.stop();
      for (const runner of runners.values()) runner.stop();
      await Promise.all([cache.stop(), pods.stop(), sweeper.stop()]);
    },
  };
}

const isUnknown = (runner: Runner): boolean =>
  runner.status()?.observedGeneration !== runner.live().metadata.generation;

function withoutManagedFields(object: LiveObject): LiveGraph {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata } as LiveGraph;
}
