/**
 * 1,000 agents are connected; the manager dies and is away for 10 s. Each agent dials again when the agent's own rule
 * says so. Counted from the manager's first answer: when all are back, and how uneven they came, in buckets of 1 s.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { afterEnding } from "../agent/tunnel/reconnect.ts";
import type { SimulatedAgent } from "../test/lib/simulated-agent.ts";
import { until } from "../test/lib/until.ts";
import { type Manager, startManager } from "../test/manager/start.ts";
import { startDoor } from "./lib/door.ts";
import { round, say } from "./lib/figures.ts";
import { connectFleet, enrolFleet } from "./lib/fleet.ts";

const AGENTS = 1_000;
const AWAY_MS = 10_000;
const BUCKET_MS = 1_000;

export async function run(): Promise<Record<string, number | string>> {
  const manager = await startManager({ vars: { LOG_LEVEL: "error" } });
  const door = await startDoor(await frontOf(manager));
  const members = await enrolFleet(manager, door.url, AGENTS);
  const welcomes: number[] = [];
  const agents = await connectFleet(door.url, members, () => ({
    redial: afterEnding,
    onWelcome: () => welcomes.push(performance.now()),
  }));
  try {
    say(`the manager dies and is away for ${AWAY_MS / 1000} s`);
    await manager.kill();
    await until("every agent has noticed", () => agents.every(({ welcome }) => welcome === undefined));
    await sleep(AWAY_MS);
    welcomes.length = 0;
    await manager.restart();
    door.leadTo(await frontOf(manager));
    const before = agents.map(({ endings }) => endings.length);
    const answering = performance.now();
    say("the manager is back");
    await until("every agent is back", () => agents.every(({ welcome }) => welcome !== undefined), {
      deadlineMs: 120_000,
    });
    const buckets = bucketsOf(welcomes.map((at) => Math.max(0, at - answering)));
    say(`back by second: ${buckets.join(" ")}`);
    say(`dials that failed once it was back: ${failuresSince(agents, before)}`);
    const mean = welcomes.length / buckets.length;
    return {
      all_back_s: round((Math.max(...welcomes) - answering) / 1000),
      peak_over_mean: round(Math.max(...buckets) / mean, 2),
      agents: AGENTS,
    };
  } finally {
    for (const agent of agents) agent.stop();
    await door.close();
    await manager.stop();
  }
}

/** The runtime itself; or wrangler's proxy before it, to see what a front that is slow to take connections does. */
const frontOf = async (manager: Manager): Promise<string> =>
  process.env.KUBENOVA_BENCH_FRONT === "proxy" ? manager.url : manager.directUrl();

/** `how often x reason`, most frequent first. @param before how many endings each agent had had by then */
function failuresSince(agents: SimulatedAgent[], before: number[]): string {
  const reasons = new Map<string, number>();
  for (const { reason } of agents.flatMap(({ endings }, n) => endings.slice(before[n])))
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  const sorted = [...reasons].sort(([, a], [, b]) => b - a);
  return sorted.map(([reason, count]) => `${count} x ${reason}`).join(", ") || "none";
}

function bucketsOf(times: number[]): number[] {
  const buckets = new Array<number>(Math.floor(Math.max(...times) / BUCKET_MS) + 1).fill(0);
  for (const time of times)
    buckets[Math.floor(time / BUCKET_MS)] = (buckets[Math.floor(time / BUCKET_MS)] ?? 0) + 1;
  return buckets;
}
