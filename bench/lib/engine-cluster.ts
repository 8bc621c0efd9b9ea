import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createReflector, type Kube, type LiveObject, loadKube } from "../../agent/kube/index.ts";
import { API_VERSION } from "../../domain/desired/index.ts";
import type { ResourceGraphSpec, ResourceGraphStatus } from "../../protocol/resources/graph.ts";
import { TestEdge } from "../../test/agent/edge.ts";
import { JOIN_TOKEN } from "../../test/agent/run.ts";
import { type Cluster, down, up } from "../../test/cluster/index.ts";
import { readState } from "../../test/cluster/state.ts";
import { type Kubectl, kubectl } from "../../test/lib/kubectl.ts";
import { type End, endAll } from "../../test/lib/platform.ts";
import { descendants } from "../../test/lib/process.ts";
import { readyProject } from "../../test/operator/fixture.ts";
import { type AgentProcess, startAgentProcess } from "../../test/services/agent-process.ts";
import { type AuditLog, auditLog } from "./audit-log.ts";
import { say } from "./figures.ts";

/** An API server, and the agent beside it as its pod would run, with the chart's rights; no manager's work. */
export interface EngineCluster {
  cluster: Cluster;
  /** An administrator's client. */
  kube: Kube;
  kubectl: Kubectl;
  agent: AgentProcess;
  audit: AuditLog;
  /** An environment's: its applier may do there what ClusterRole admin may. */
  namespace: string;
  /** Pids of the API server, etcd and the controllers. */
  clusterPids: () => number[];
}

/** Starts all of it, and ends all of it after the work, however that ends. */
export async function withEngineCluster<T>(
  name: string,
  work: (at: EngineCluster) => Promise<T>,
): Promise<T> {
  const ends: End[] = [];
  try {
    return await work(await start(name, ends));
  } finally {
    await endAll(ends);
  }
}

async function start(name: string, ends: End[]): Promise<EngineCluster> {
  say("an API server and an agent");
  await down(name);
  ends.push(() => down(name));
  const cluster = await up({ name, node: "none", audit: true });
  if (!cluster.auditLog) throw new Error("the cluster has no audit log: KUBENOVA_CLUSTER=local gives one");
  const kube = await loadKube({ kubeconfig: cluster.kubeconfig });
  ends.push(async () => kube.close());
  const edge = await TestEdge.start();
  edge.tokens.add(JOIN_TOKEN);
  ends.push(() => edge.stop());
  const folder = mkdtempSync(join(tmpdir(), "kubenova-bench-"));
  ends.push(async () => rmSync(folder, { recursive: true, force: true }));
  const agent = await startAgentProcess({
    ...{ cluster, manager: { url: edge.url.origin }, joinToken: JOIN_TOKEN, mode: "manage" },
    logFile: process.env.KUBENOVA_BENCH_LOG ?? join(folder, "agent.log"),
  });
  ends.push(() => agent.stop());
  const namespace = await readyProject(kube, "bench");
  await kubectl(cluster).run(
    ...["create", "rolebinding", "applier-may-administer", "-n", namespace, "--clusterrole=admin"],
    `--serviceaccount=${namespace}:kubenova-applier`,
  );
  const clusterPids = () => {
    const pid = readState(name)?.supervisor?.pid;
    return pid === undefined ? [] : [pid, ...descendants(pid)];
  };
  const audit = auditLog(cluster.auditLog);
  return { cluster, kube, kubectl: kubectl(cluster), agent, audit, namespace, clusterPids };
}

export type LiveGraph = LiveObject & { spec: ResourceGraphSpec; status?: ResourceGraphStatus };

export const graphObject = (namespace: string, name: string, spec: ResourceGraphSpec) => ({
  ...{ apiVersion: API_VERSION, kind: "ResourceGraph", metadata: { name, namespace }, spec },
});

/** Follows the graphs of a namespace, from a moment when all that are there are known. */
export async function watchGraphs({ kube, namespace }: EngineCluster) {
  const graphs = new Map<string, LiveGraph>();
  const waiting = new Set<() => void>();
  const reflector = createReflector<LiveGraph>(kube, {
    type: { apiVersion: API_VERSION, kind: "ResourceGraph" },
    namespace,
    transform: (object) => object as LiveGraph,
  });
  const see = (live: LiveGraph) => {
    graphs.set(live.metadata.name, live);
    for (const look of [...waiting]) look();
  };
  reflector.on({ added: see, updated: see });
  await reflector.synced;
  return {
    graphs,
    /** Resolves with the time at which it became true; looked at whenever a graph changes. */
    when: (isTrue: () => boolean): Promise<number> =>
      new Promise((resolve) => {
        const look = () => {
          if (!isTrue()) return;
          waiting.delete(look);
          resolve(performance.now());
        };
        waiting.add(look);
        look();
      }),
    isReady: (name: string) => isReady(graphs.get(name)),
    stop: () => reflector.stop(),
  };
}

export const isReady = (live: LiveGraph | undefined): boolean =>
  live?.status?.phase === "Ready" && live.status.observedGeneration === live.metadata.generation;

/** Resident memory of a process in MB (Linux); `VmHWM` is the most that it ever had. */
export function residentMb(pid: number, field: "VmRSS" | "VmHWM"): number {
  const line = readFileSync(`/proc/${pid}/status`, "utf8")
    .split("\n")
    .find((each) => each.startsWith(`${field}:`));
  const kilobytes = Number(/(\d+) kB/.exec(line ?? "")?.[1]);
  if (!Number.isFinite(kilobytes)) throw new Error(`process ${pid} says no ${field}`);
  return kilobytes / 1024;
}
