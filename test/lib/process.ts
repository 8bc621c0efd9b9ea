import type { ChildProcess } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { freePorts } from "../cluster/ports.ts";
import { until } from "./until.ts";

/** A port of `host` that nothing listens on. */
export const freePort = async (host?: string): Promise<number> => (await freePorts(1, host))[0] as number;

/** Pids of every process below `pid` (Linux), children before grandchildren. */
export function descendants(pid: number): number[] {
  const parents = new Map<number, number[]>();
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    const parent = parentOf(Number(entry));
    if (parent !== undefined) parents.set(parent, [...(parents.get(parent) ?? []), Number(entry)]);
  }
  const found: number[] = [];
  for (let queue = [pid]; queue.length > 0; ) {
    const children = queue.flatMap((each) => parents.get(each) ?? []);
    found.push(...children);
    queue = children;
  }
  return found;
}

function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return undefined;
  }
}

/** True while the process exists and is no zombie. */
export function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2, stat.lastIndexOf(")") + 3) !== "Z";
  } catch {
    return false;
  }
}

/** Sends a signal to a process and all below it, and waits until none is left. */
export async function killTree(
  child: ChildProcess,
  signal: NodeJS.Signals,
  deadlineMs = 20_000,
): Promise<void> {
  if (child.pid === undefined) return;
  const pids = [child.pid, ...descendants(child.pid)];
  for (const pid of pids) signalQuietly(pid, signal);
  try {
    await until("processes ended", () => !pids.some(isAlive), { deadlineMs });
  } catch {
    for (const pid of pids) signalQuietly(pid, "SIGKILL");
    await until("processes killed", () => !pids.some(isAlive), { deadlineMs });
  }
}

/** A process that ends, however it ends short of SIGKILL, takes this child and all below it along. */
export function endWithParent(child: ChildProcess): void {
  const kill = (): void => {
    if (child.pid === undefined || child.exitCode !== null) return;
    for (const pid of [child.pid, ...descendants(child.pid)]) signalQuietly(pid, "SIGKILL");
  };
  process.once("exit", kill);
  child.once("exit", () => process.off("exit", kill));
}

export function signalQuietly(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
