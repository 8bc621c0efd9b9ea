import { join } from "node:path";
import { type Kube, loadKube } from "../../agent/kube/index.ts";
import type { Cluster } from "../../test/cluster/index.ts";
import { readState } from "../../test/cluster/state.ts";
import { ApiClient } from "../../test/lib/api.ts";
import { registerCluster, untilConnected } from "../../test/lib/enrol.ts";
import { type End, endAll } from "../../test/lib/platform.ts";
import { descendants } from "../../test/lib/process.ts";
import { startSides } from "../../test/lib/sides.ts";
import { until } from "../../test/lib/until.ts";
import { type AgentProcess, startAgentProcess } from "../../test/services/agent-process.ts";
import { type AuditLog, auditLog } from "./audit-log.ts";
import { makeProject } from "./catalogue.ts";
import { say } from "./figures.ts";

/** One manager, one API server, and between them the agent as its pod would run, with the project of the benchmarks. */
export interface RealCluster {
  cluster: Cluster;
  /** Of the runtime, without wrangler's proxy. */
  url: string;
  api: ApiClient;
  /** An administrator's client of the API server. */
  kube: Kube;
  agent: AgentProcess;
  audit: AuditLog;
  /** Pids of each side. */
  pids: { manager(): number[]; agent(): number[]; cluster(): number[] };
}

/** Where the apps of the project's one environment go. */
export const NAMESPACE = "bench-shop-staging";
const CLUSTER = "berlin-1";

/** Starts all of it, and ends all of it after the work, however that ends. */
export async function withRealCluster<T>(name: string, work: (at: RealCluster) => Promise<T>): Promise<T> {
  const ends: End[] = [];
  try {
    return await work(await start(name, ends));
  } finally {
    await endAll(ends);
  }
}

async function start(name: string, ends: End[]): Promise<RealCluster> {
  say("an API server, a manager, an agent");
  const options = { audit: true, manager: { vars: { LOG_LEVEL: "error" } } };
  const { cluster, manager } = await startSides(name, ends, options);
  if (!cluster.auditLog) throw new Error("the cluster has no audit log: KUBENOVA_CLUSTER=local gives one");
  const kube = await loadKube({ kubeconfig: cluster.kubeconfig });
  ends.push(async () => kube.close());
  const url = await manager.directUrl();
  const api = new ApiClient({ url, key: manager.key });
  ends.push(async () => api.close());
  const joinToken = await registerCluster(api, CLUSTER);
  const agent = await startAgentProcess({
    cluster,
    manager: { url },
    joinToken,
    mode: "manage",
    logFile: join(manager.dir, "agent.log"),
  });
  ends.push(() => agent.stop());
  await untilConnected(api, CLUSTER);
  await makeProject(api, CLUSTER);
  await until("the project is Ready", () => isReady(kube), { deadlineMs: 60_000 });
  const supervisor = readState(name)?.supervisor?.pid;
  const pids = {
    manager: () => [manager.workerd()],
    agent: () => withChildren(agent.pid()),
    cluster: () => withChildren(supervisor),
  };
  return { cluster, url, api, kube, agent, audit: auditLog(cluster.auditLog), pids };
}

const withChildren = (pid: number | undefined): number[] =>
  pid === undefined ? [] : [pid, ...descendants(pid)];

async function isReady(kube: Kube): Promise<boolean> {
  const project = { apiVersion: "kubenova.io/v1alpha1", kind: "NovaProject", name: "bench.shop" };
  const { status } = (await kube.get(project)) as { status?: { phase?: string } };
  return status?.phase === "Ready";
}
