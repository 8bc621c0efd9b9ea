import { setTimeout as sleep } from "node:timers/promises";
import { type CountedManager, type Counts, startCounted, sumOf } from "./counted.ts";
import { round, say } from "./figures.ts";
import { connectFleet, enrolFleet } from "./fleet.ts";

/** Longer than the runtime keeps an idle object in memory (10 s), and several pings of the agent. */
const IDLE_MS = 30_000;
const SWEEPS = 2;
const MS_AN_HOUR = 3_600_000;

/**
 * An hour of an idle, unwatched cluster's object whose agent is connected and pings. Measured in two parts: half a minute
 * of nothing but pings, and what a sweep of the fleet does; how often one comes, the alarm that a sweep sets says. A
 * wake-up is a run of the object or of its constructor, whichever are more; a write is a row, or an alarm that is set.
 */
export async function measureIdleObject(): Promise<{ wakeups_per_h: number; writes_per_h: number }> {
  const manager = await startCounted();
  const agents: { stop(): void }[] = [];
  try {
    const members = await enrolFleet(manager, manager.direct, 1);
    const connected = await manager.costOf(async () => {
      agents.push(...(await connectFleet(manager.direct, members)));
    });
    if (writesOf(connected) === 0) throw new Error("nothing is counted: connecting writes");
    say(`${IDLE_MS / 1000} s of pings`);
    const pings = await manager.costOf(() => sleep(IDLE_MS), 0);
    const { cost, everyMs } = await measureSweeps(manager);
    const hour = sumOf([pings, MS_AN_HOUR / IDLE_MS], [cost, MS_AN_HOUR / everyMs]);
    return { wakeups_per_h: round(wakeupsOf(hour)), writes_per_h: round(writesOf(hour)) };
  } finally {
    for (const agent of agents) agent.stop();
    await manager.stop();
  }
}

/** What one sweep costs, of an object that sleeps, and how often one comes. */
async function measureSweeps(manager: CountedManager): Promise<{ cost: Counts; everyMs: number }> {
  const sweeps: Counts[] = [];
  let everyMs = 0;
  while (sweeps.length < SWEEPS) {
    await sleep(IDLE_MS / 2);
    const began = Date.now();
    const cost = await manager.costOf(() => manager.ripen("FLEET", "platform"));
    if (wakeupsOf(cost) === 0) throw new Error("the sweep did not reach the object");
    sweeps.push(cost);
    everyMs = ((await manager.alarmOf("FLEET", "platform")) ?? Number.POSITIVE_INFINITY) - began;
  }
  return { cost: sumOf(...sweeps.map((each): [Counts, number] => [each, 1 / SWEEPS])), everyMs };
}

const wakeupsOf = (counts: Counts): number =>
  Math.max(counts["cluster.turns"] ?? 0, counts["cluster.constructions"] ?? 0);
const writesOf = (counts: Counts): number => counts["cluster.rowsWritten"] ?? 0;
