import { createEngine, type Engine } from "../../agent/engine/index.ts";
import { type Kube, loadKube, type RequestInfo, systemClock } from "../../agent/kube/index.ts";
import { createLogger, silentLogger } from "../../agent/log.ts";
import { createMetrics } from "../../agent/metrics.ts";

/** An engine in this process, without operators, with every request that it made. */
export interface RunningEngine {
  engine: Engine;
  requests: RequestInfo[];
  /** Requests that asked the server to change something of this resource, or of any. */
  writes(resource?: string): RequestInfo[];
  /** Ends it as the loss of its Lease does: at once, whatever is under way. */
  stop(): Promise<void>;
}

const WRITING = ["apply", "patch", "create", "update", "delete"];

/** Its graphs in `namespace` may act as the agent itself. */
export async function runEngine(kubeconfig: string, namespace: string): Promise<RunningEngine> {
  const requests: RequestInfo[] = [];
  const kube: Kube = await loadKube({ kubeconfig, onRequest: (info) => requests.push(info) });
  const ending = new AbortController();
  const log = process.env.AGENT_LOG
    ? createLogger({ level: "debug", write: (line) => process.stderr.write(line), now: () => Date.now() })
    : silentLogger;
  const engine = createEngine({
    ...{ kube, log, clock: systemClock, metrics: createMetrics(), signal: ending.signal },
    systemNamespace: namespace,
    record: () => {},
    lateRequestMs: 0,
  });
  return {
    engine,
    requests,
    writes: (resource) =>
      requests.filter(
        (info) => WRITING.includes(info.verb) && (resource === undefined || info.resource === resource),
      ),
    async stop() {
      ending.abort(new Error("the test ends it"));
      await engine.stop();
      kube.close();
    },
  };
}
