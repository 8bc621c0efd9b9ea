import type { ChildProcess } from "node:child_process";
import { randomInt } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { HIGHEST_PORT, LOWEST_PORT } from "../cluster/ports.ts";
import { until } from "./until.ts";

const PORT_TRIES = 100;

/** A port that nobody listens on at `host`, chosen at random so that two who look at once seldom meet. */
export async function freePort(host = "127.0.0.1"): Promise<number> {
  for (let tried = 0; tried < PORT_TRIES; tried++) {
    const port = randomInt(LOWEST_PORT, HIGHEST_PORT);
    if (await isFree(host, port)) return port;
  }
  throw new Error(`no free port at ${host}`);
}

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", (error: NodeJS.ErrnoException) =>
      error.code === "EADDRINUSE" ? resolve(false) : reject(error),
    );
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}

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
