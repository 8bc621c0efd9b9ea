import { generateKey } from "../../agent/identity/keys.ts";
import { type Kube, systemClock } from "../../agent/kube/index.ts";
import { silentLogger } from "../../agent/log.ts";
import { createMetrics, type Metrics } from "../../agent/metrics.ts";
import { createStreams } from "../../agent/streams/index.ts";
import type { Questioned } from "../../agent/streams/questions.ts";
import { startTunnel, type Tunnel } from "../../agent/tunnel/index.ts";
import type { TestEdge } from "./edge.ts";

export interface StreamsTunnel {
  edge: TestEdge;
  /** Answers what streams ask of the cluster. */
  kube: Kube;
  signal: AbortSignal;
  metrics?: Metrics;
  closedNamespaces?: string[];
  operator?: Questioned;
}

/** The agent's own tunnel with streams as its one consumer, connected to this edge. */
export async function connectStreams(options: StreamsTunnel): Promise<Tunnel> {
  const { edge, kube, signal, metrics = createMetrics(), closedNamespaces = [] } = options;
  const { operator = () => undefined } = options;
  const key = generateKey();
  const parts = { clock: systemClock, log: silentLogger, metrics };
  const tunnel = startTunnel({
    ...parts,
    managerUrl: edge.url,
    clusterId: edge.clusterId,
    clusterUid: "u",
    key: () => key,
    cursor: () => ({ epochId: edge.epochId, seq: 0 }),
    observed: () => ({ capabilities: { components: {}, flags: {} } }),
    consumers: [
      createStreams({ ...parts, kube, readOnly: false, serviceDial: "direct", closedNamespaces, operator }),
    ],
    random: () => 0,
    signal,
  });
  await edge.connected();
  return tunnel;
}
