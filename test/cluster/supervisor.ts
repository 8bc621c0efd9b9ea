/** The cluster's parent process (see kube/supervise): starting it, finding its children, ending it. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Block } from "./network.ts";
import { childrenOf, commandLine, end, identify, isAlive, type ProcessIdentity } from "./processes.ts";
import { run } from "./run.ts";
import { files } from "./state.ts";

/** One program, as kube/supervise/spec.go reads it. */
export type Component = { name: string; args: string[]; env?: string[]; waitFor?: string[] };

export type Namespace = { block: Block; hostname: string; cgroup: string; keep: string[] };

/** Starts all components. They go on after this process has ended, until `end`. */
export async function startSupervisor(
  kube: string,
  directory: string,
  components: Component[],
  namespace?: Namespace,
): Promise<ProcessIdentity> {
  const { spec, supervisorPid } = files(directory);
  const described = namespace && {
    hostname: namespace.hostname,
    link: namespace.block.peer,
    address: `${namespace.block.nodeIP}/24`,
    gateway: namespace.block.gateway,
    cgroup: namespace.cgroup,
    data: join(directory, "machine"),
    keep: namespace.keep,
  };
  writeFileSync(spec, JSON.stringify({ directory, namespace: described, components }, null, 2));
  const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin:/usr/bin:/bin` };
  await run(kube, ["start", spec], { env });
  const identity = identify(Number(readFileSync(supervisorPid, "utf8")));
  if (!identity) throw new Error(`the cluster ended at once: see ${directory}/logs/supervisor.log`);
  return identity;
}

/** Ends the supervisor and with it everything that it started, and waits until it is gone. */
export async function stopSupervisor(supervisor: ProcessIdentity): Promise<void> {
  // Its number may mean another process by now, whose children are none of ours.
  if (!isAlive(supervisor)) return;
  const children = childrenOf(supervisor.pid)
    .map(identify)
    .filter((child) => child !== undefined);
  await end(supervisor, "SIGKILL", 60);
  for (const child of children) await end(child, "SIGKILL", 60);
}

/** The running components of a cluster and their process ids, as this machine sees them. */
export function runningComponents(supervisor: ProcessIdentity): Map<string, number> {
  if (!isAlive(supervisor)) return new Map();
  const named = childrenOf(supervisor.pid).map((pid): [string, number] => {
    const [program = "", first = ""] = commandLine(pid);
    return [program.endsWith("/kube") ? first : (program.split("/").at(-1) ?? ""), pid];
  });
  return new Map(named);
}
