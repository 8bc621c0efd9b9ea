import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { startRelay, type TcpRelay } from "../kube/tcp-relay.ts";
import { clusterStatus, registerCluster, untilConnected } from "../lib/enrol.ts";
import { type Kubectl, kubectl } from "../lib/kubectl.ts";
import { type End, endAll } from "../lib/platform.ts";
import { type Sides, type SidesOptions, startSides } from "../lib/sides.ts";
import { type AgentProcess, startAgentProcess } from "../services/agent-process.ts";

/** A real API server, a real manager, and the real agent as a process that may be ended, with the chart's rights alone. */
export interface Scene extends Sides {
  name: string;
  agent: AgentProcess;
  /** What the agent has logged over all its starts. */
  log(): LogLine[];
  /** What enrolled the agent: another agent of the cluster may have it too. */
  joinToken: string;
  /** Between agent and manager. */
  relay: TcpRelay;
  kubectl: Kubectl;
  /** What the API says of the cluster. */
  status(): Promise<string>;
  connected(deadlineMs?: number): Promise<void>;
  stop(): Promise<void>;
}

export type LogLine = { time: string; level: string; message: string } & Record<string, unknown>;

export interface SceneOptions extends SidesOptions {
  name: string;
  /** More variables of the agent's environment. */
  env?: Readonly<Record<string, string>>;
}

export async function startScene({ name, env, ...sides }: SceneOptions): Promise<Scene> {
  const ends: End[] = [];
  try {
    const { cluster, manager, api } = await startSides(name, ends, sides);
    const relay = await startRelay(manager.url);
    ends.push(() => relay.close());
    const joinToken = await registerCluster(api, name);
    const logFile = join(manager.dir, "agent.log");
    const agent = await startAgentProcess({
      cluster,
      manager: { url: relay.url.origin, ...(manager.caFile ? { caFile: manager.caFile } : {}) },
      joinToken,
      mode: "manage",
      logFile,
      ...(env ? { env } : {}),
    });
    ends.push(() => agent.stop());
    const status = () => clusterStatus(api, name);
    const connected = (deadlineMs?: number) => untilConnected(api, name, deadlineMs);
    await connected();
    const stop = () => endAll(ends);
    const log = () => linesOf(logFile);
    return {
      name,
      cluster,
      manager,
      api,
      agent,
      log,
      joinToken,
      relay,
      kubectl: kubectl(cluster),
      status,
      connected,
      stop,
    };
  } catch (error) {
    await endAll(ends);
    throw error;
  }
}

/** Resident memory of a process. */
export function residentBytes(pid: number): number {
  const kilobytes = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kilobytes) * 1024;
}

/** The JSON lines of a log; the last one may be half written. */
export function linesOf(file: string): LogLine[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n").slice(0, -1);
  return lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line) as LogLine);
}
