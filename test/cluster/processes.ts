/** Looking at processes through /proc, and ending them for certain. */

import { readdirSync, readFileSync } from "node:fs";
import { until } from "../lib/until.ts";

/** A process id alone may come to mean another process; with its start time and boot it cannot. */
export type ProcessIdentity = { pid: number; started: string; boot: string };

export function identify(pid: number): ProcessIdentity | undefined {
  const stat = readStat(pid);
  return stat && { pid, started: stat.started, boot: bootId() };
}

/** True while that very process runs; a zombie has ended. */
export function isAlive(identity: ProcessIdentity): boolean {
  const stat = readStat(identity.pid);
  return (
    stat !== undefined &&
    stat.state !== "Z" &&
    stat.started === identity.started &&
    bootId() === identity.boot
  );
}

/** Ends the process by signal, and returns when it is gone. Gone already is fine. */
export async function end(identity: ProcessIdentity, signal: NodeJS.Signals, seconds: number): Promise<void> {
  if (!isAlive(identity)) return;
  try {
    process.kill(identity.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
  await until(`process ${identity.pid} to end`, () => !isAlive(identity), {
    deadlineMs: seconds * 1000,
    everyMs: 20,
  });
}

/** The direct children of a process. */
export function childrenOf(parent: number): number[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => readStat(pid)?.parent === parent);
}

/** The arguments a process was started with; empty where it is gone. */
export function commandLine(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").slice(0, -1);
  } catch {
    return [];
  }
}

function readStat(pid: number): { state: string; parent: number; started: string } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The program's name stands in parentheses and may itself hold spaces and parentheses.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return { state: fields[0] ?? "", parent: Number(fields[1]), started: fields[19] ?? "" };
  } catch {
    return undefined;
  }
}

function bootId(): string {
  return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
}
