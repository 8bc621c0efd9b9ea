import type { LiveGraphView, Rendering } from "../../protocol/resources/rendering.ts";
import type { DocumentStatus } from "../../protocol/resources/status.ts";
import type { Clock, Kube } from "../kube/index.ts";
import type { Logger } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import type { Tracer } from "../tracing/tracer.ts";
import type { ModuleTools } from "./rendering/index.ts";
import type { NovaApp } from "./resources.ts";

/**
 * The seam between the agent's process and its controllers: `startOperator(options): OperatorHandle`, exported from
 * index.ts. One operator runs in a lease's term, whether the manager can be reached or not.
 */
export interface OperatorOptions {
  kube: Kube;
  log: Logger;
  clock: Clock;
  metrics: Metrics;
  /** The agent's own namespace: graphs of tenants and projects live there. */
  namespace: string;
  /** Id of the cluster that the agent speaks for: what was written for another one is left alone. */
  clusterId?: string;
  /** For resources that come from modules. */
  tools: ModuleTools;
  /** As of the engine. */
  lateRequestMs?: number;
  /** Off where absent. */
  tracer?: Tracer;
  /** Ends the operator: the Lease is lost, or the process ends. Nothing is written after it aborted. */
  signal: AbortSignal;
  /**
   * The state of each NovaTenant, NovaProject and NovaApp that carries the annotations of originAnnotations(): told
   * once after the start and at each change. `key` and `revision` are those of the annotations `kubenova.io/desired-key`
   * and `-revision` that the controller acted upon. Objects without them are reconciled all the same, and not reported.
   * That an object is gone is told by the desired store, which sees its deletion. Must not throw, returns at once.
   */
  onStatus: (statuses: DocumentStatus[]) => void;
}

export interface OperatorHandle {
  /** Resolves when the caches are filled and the workers run; rejects only where the signal aborted before. */
  readonly synced: Promise<void>;
  /** Resolves when everything has stopped after the signal. */
  readonly stopped: Promise<void>;
  /** For /readyz and the inventory: ResourceGraphs known, and what is waiting in queues. */
  stats(): { graphs: number; queued: number };
  /** What a NovaApp would become, by the code that deploys it. Writes nothing; sources are read as its namespace's applier. */
  render(app: NovaApp, signal: AbortSignal): Promise<Rendering>;
  /** How the graph of a NovaApp stands; undefined where there is none. */
  view(namespace: string, app: string): Promise<LiveGraphView | undefined>;
}
