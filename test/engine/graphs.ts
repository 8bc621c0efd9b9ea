import { isDeepStrictEqual } from "node:util";
import { createEngine, type Engine } from "../../agent/engine/index.ts";
import {
  type EventInput,
  isKind,
  type Kube,
  type KubeObject,
  type LiveObject,
  loadKube,
  type ObjectRef,
  type RequestInfo,
  systemClock,
} from "../../agent/kube/index.ts";
import { createLogger, silentLogger } from "../../agent/log.ts";
import { createMetrics, type Metrics } from "../../agent/metrics.ts";
import type { GraphNode, ResourceGraphSpec, ResourceGraphStatus } from "../../protocol/resources/graph.ts";
import { until } from "../lib/until.ts";

export const API = "kubenova.io/v1alpha1";

/** An engine in this process, with every request that it made and every event that it recorded. */
export interface RunningEngine {
  engine: Engine;
  requests: RequestInfo[];
  events: EventInput[];
  metrics: Metrics;
  /** Requests that asked the server to change an object, statuses and finalizers of graphs aside. */
  writes(): RequestInfo[];
  /** Ends it at once, whatever is under way: as a kill does. */
  kill(): Promise<void>;
}

export interface EngineRun {
  kubeconfig: string;
  /** Graphs in it may act as the agent itself. */
  namespace: string;
  /** Told of each request that has been answered, before the engine learns of it. */
  onRequest?: (info: RequestInfo) => void;
}

export async function runEngine({ kubeconfig, namespace, onRequest }: EngineRun): Promise<RunningEngine> {
  const requests: RequestInfo[] = [];
  const events: EventInput[] = [];
  const kube = await loadKube({
    kubeconfig,
    onRequest(info) {
      requests.push(info);
      onRequest?.(info);
    },
  });
  const ending = new AbortController();
  const metrics = createMetrics();
  const log = process.env.AGENT_LOG
    ? createLogger({ level: "debug", write: (line) => process.stderr.write(line), now: () => Date.now() })
    : silentLogger;
  const engine = createEngine({
    ...{ kube, metrics, log, clock: systemClock, signal: ending.signal, systemNamespace: namespace },
    record: (event) => void events.push(event),
    lateRequestMs: 0,
  });
  await engine.synced;
  return {
    ...{ engine, requests, events, metrics },
    writes: () =>
      requests.filter(
        ({ verb, resource, dryRun }) =>
          ["apply", "patch", "create", "update", "delete"].includes(verb) &&
          !dryRun &&
          !resource.startsWith("resourcegraphs"),
      ),
    async kill() {
      ending.abort(new Error("killed by the test"));
      await engine.stop();
      kube.close();
    },
  };
}

/** ResourceGraphs of one namespace, as a person writes them. */
export function graphsIn(kube: Kube, namespace: string) {
  const refTo = (name: string): ObjectRef => ({ apiVersion: API, kind: "ResourceGraph", namespace, name });
  const get = async (name: string) =>
    (await kube.get(refTo(name))) as LiveObject & { status?: ResourceGraphStatus };
  /** Waits until the status speaks of the newest generation, and this holds. */
  const awaitStatus = (
    name: string,
    what: string,
    holds: (status: ResourceGraphStatus) => boolean | undefined,
    deadlineMs = 30_000,
  ): Promise<ResourceGraphStatus> =>
    until(
      `${name} ${what}`,
      async () => {
        const { metadata, status } = await get(name);
        if (status?.observedGeneration === metadata.generation && status && holds(status)) return status;
        throw new Error(`it says ${JSON.stringify(status)}`);
      },
      { deadlineMs },
    );
  return {
    get,
    awaitStatus,
    ready: (name: string) => awaitStatus(name, "is Ready", ({ phase }) => phase === "Ready"),
    /** A status may say Ready before the record of what has gone is shorter. */
    recorded: (name: string, ...objects: string[]) =>
      awaitStatus(name, `has ${objects.join(", ")} on record`, ({ inventory = [] }) =>
        isDeepStrictEqual(
          inventory.map((entry) => entry.name),
          objects,
        ),
      ),
    node: (name: string, object: string, state: string) =>
      awaitStatus(name, `has ${object} ${state}`, ({ nodes = [] }) =>
        nodes.some((node) => node.name === object && node.state === state),
      ).then(({ nodes = [] }) => nodes.find((node) => node.name === object)),
    /** A person's write: what it does not say is as it was left out. */
    async put(
      name: string,
      nodes: readonly GraphNode[],
      more: Partial<ResourceGraphSpec> = {},
      annotations: Record<string, string> = {},
    ): Promise<LiveObject> {
      const spec = { applyAs: { kind: "Agent" as const }, nodes: [...nodes], ...more };
      const graph = {
        apiVersion: API,
        kind: "ResourceGraph",
        metadata: { name, namespace, annotations },
        spec,
      };
      return kube.apply(graph, { fieldManager: "a-person", force: true });
    },
    remove: (name: string) => kube.delete(refTo(name)),
    async gone(name: string): Promise<void> {
      const isGone = () =>
        get(name).then(
          () => false,
          (error: unknown) => isKind(error, "notFound"),
        );
      await until(`${name} is gone`, isGone);
    },
  };
}

export const nodeOf = (object: KubeObject, more: Partial<GraphNode> = {}): GraphNode => ({
  id: `${object.kind}-${object.metadata.name}`.toLowerCase(),
  object: object as GraphNode["object"],
  ...more,
});

export const exists = (kube: Kube, ref: ObjectRef): Promise<boolean> =>
  kube.get(ref).then(
    () => true,
    (error: unknown) => {
      if (isKind(error, "notFound", "noSuchKind")) return false;
      throw error;
    },
  );
