/**
 * Resident memory of the agent (Linux: VmRSS of its process and of whatever runs below it), as the image runs it: with
 * nothing to keep, and with 1,000 apps of one ConfigMap each that have settled. The largest of what a while shows. Then
 * what an idle, unwatched cluster's object costs an hour at the edge.
 */
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { round, say } from "./lib/figures.ts";
import { measureIdleObject } from "./lib/idle-object.ts";
import { type RealCluster, withRealCluster } from "./lib/real-cluster.ts";
import { deployApps, untilQuiet } from "./lib/thousand-apps.ts";

const QUIET_MS = 12_000;
const SAMPLES = 30;
const SAMPLE_MS = 500;

export async function run(): Promise<Record<string, number | string>> {
  const memory = await measureMemory();
  return { ...memory, ...(await measureIdleObject()) };
}

const measureMemory = (): Promise<Record<string, number>> =>
  withRealCluster("bench-footprint", async (at) => {
    const mark = at.audit.mark();
    await untilQuiet(at, mark, QUIET_MS);
    const idle = await settledMb(at);
    say(`idle: ${idle} MB`);
    await deployApps(at);
    await untilQuiet(at, mark, QUIET_MS);
    const full = await settledMb(at);
    const peak = Math.max(...at.pids.agent().map((pid) => kilobytes(pid, "VmHWM"))) / 1024;
    say(`1,000 apps: ${full} MB, at most ${round(peak)} MB`);
    return { agent_idle_mb: idle, agent_1000_mb: full, agent_peak_mb: round(peak) };
  });

async function settledMb({ pids }: RealCluster): Promise<number> {
  let most = 0;
  for (let n = 0; n < SAMPLES; n++) {
    const sum = pids.agent().reduce((all, pid) => all + kilobytes(pid, "VmRSS"), 0);
    most = Math.max(most, sum / 1024);
    await sleep(SAMPLE_MS);
  }
  return round(most);
}

function kilobytes(pid: number, field: "VmRSS" | "VmHWM"): number {
  const line = readFileSync(`/proc/${pid}/status`, "utf8")
    .split("\n")
    .find((each) => each.startsWith(`${field}:`));
  const value = Number(/(\d+) kB/.exec(line ?? "")?.[1]);
  if (!Number.isFinite(value)) throw new Error(`process ${pid} says no ${field}`);
  return value;
}
