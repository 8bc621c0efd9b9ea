import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { say } from "./figures.ts";

const TICKS_PER_SECOND = 100;
/** Share of a processor below which a process has nothing left to do. */
const IDLE_SHARE = 0.1;
const LIMIT_S = 180;

/** Waits until processes have worked off what they do in the background (Linux). */
export async function untilIdle(pids: number[]): Promise<void> {
  let before = ticksOf(pids);
  for (let second = 0; second < LIMIT_S; second++) {
    await sleep(1_000);
    const now = ticksOf(pids);
    if ((now - before) / TICKS_PER_SECOND < IDLE_SHARE) return say(`idle after ${second} s`);
    before = now;
  }
  say(`not idle after ${LIMIT_S} s`);
}

/** Processor time that processes have used, in seconds. */
export const cpuSeconds = (pids: number[]): number => ticksOf(pids) / TICKS_PER_SECOND;

function ticksOf(pids: number[]): number {
  let sum = 0;
  for (const pid of pids) {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    sum += Number(fields[11]) + Number(fields[12]);
  }
  return sum;
}
