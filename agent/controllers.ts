import type { Config } from "./config.ts";
import type { Clock, Kube } from "./kube/index.ts";
import type { Logger } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import type { OperatorHandle, OperatorOptions } from "./operator/types.ts";
import type { Tracer } from "./tracing/tracer.ts";

export interface ControllersOptions {
  config: Pick<Config, "mode" | "namespace">;
  kube: Kube;
  startOperator: (options: OperatorOptions) => OperatorHandle;
  /** For resources that come from modules. */
  tools: OperatorOptions["tools"];
  onStatus: OperatorOptions["onStatus"];
  log: Logger;
  clock: Clock;
  metrics: Metrics;
  tracer: Tracer;
  signal: AbortSignal;
}

/** The controllers of the cluster that the agent speaks for: none before that is known, and none for a read-only agent. */
export interface Controllers {
  /** A new enrolment may change the id: then the controllers of the former one end first. */
  runFor(clusterId: string): Promise<void>;
  readonly operator: OperatorHandle | undefined;
  /** Its caches are filled; a read-only agent has none to wait for. */
  readonly ready: boolean;
}

export function createControllers(options: ControllersOptions): Controllers {
  const { config, startOperator, log, signal, ...shared } = options;
  const readOnly = config.mode === "read-only";
  let ready = readOnly;
  let operator: OperatorHandle | undefined;
  /** The id that the controllers carry out resources of, and what ends them. */
  let speaksFor: { clusterId: string; end: AbortController } | undefined;

  return {
    async runFor(clusterId) {
      if (readOnly || speaksFor?.clusterId === clusterId) return;
      const former = operator;
      speaksFor?.end.abort(new Error("the cluster is enrolled under another id"));
      const end = new AbortController();
      speaksFor = { clusterId, end };
      ready = false;
      await former?.stopped;
      if (end.signal.aborted || signal.aborted) return;
      const started = startOperator({
        ...shared,
        log: log.with({ part: "operator" }),
        namespace: config.namespace,
        clusterId,
        signal: AbortSignal.any([signal, end.signal]),
      });
      operator = started;
      started.synced.then(
        () => {
          if (operator === started) ready = true;
        },
        () => {},
      );
    },
    get operator() {
      return operator;
    },
    get ready() {
      return ready;
    },
  };
}
