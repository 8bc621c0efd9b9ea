/**
 * What a month of 1,000 typical clusters costs: each with 50 apps, a usage report every 5 minutes, 20 deploys a day, one
 * reconnect, and otherwise idle. Each piece of the day is done for real on a cluster whose objects sleep, and everything
 * that is billed is counted in the runtime; then it is multiplied by how often a day has it. What the platform does once
 * (its schedule, health checks) is not multiplied by the clusters.
 */
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { ApiClient } from "../test/lib/api.ts";
import type { SimulatedAgent } from "../test/lib/simulated-agent.ts";
import { until } from "../test/lib/until.ts";
import { billOf, type PriceList } from "./lib/bill.ts";
import { appBody, makeProject, PROJECT } from "./lib/catalogue.ts";
import { type CountedManager, type Counts, startCounted, sumOf } from "./lib/counted.ts";
import { ASLEEP_MS, deploy, usageReport } from "./lib/day.ts";
import { round, say } from "./lib/figures.ts";
import { clusterName, connectFleet, enrolFleet } from "./lib/fleet.ts";
import { cpuSeconds } from "./lib/idle.ts";
import { CLUSTERS, type Day, type Item, monthOf } from "./lib/month.ts";

const APPS = 50;
const MEASURED_DEPLOYS = 4;
const CPU_PUTS = 100;
const CPU_GETS = 300;
/** What a request leaves behind is done after so long. */
const SETTLE_MS = 4_000;
/** The queue's consumer gets a batch 30 s after its first message (wrangler.toml). */
const QUEUE_QUIET_MS = 33_000;
/** The first ten minutes of an hour, in which the schedule does what it does hourly. */
const HOURLY = Math.ceil(Date.now() / 3_600_000) * 3_600_000;

export async function run(): Promise<Record<string, number | string>> {
  const prices = JSON.parse(
    readFileSync(new URL("./prices.json", import.meta.url), "utf8"),
  ) as PriceList<Item> & { date: string };
  const manager = await startCounted();
  try {
    const day = await measureDay(manager);
    const month = monthOf(day);
    const { usd, lines } = billOf(prices, month);
    const perItem = Object.entries(month).flatMap(([item, quantity]) => [
      [`${item}_month`, Math.round(quantity)] as const,
      [`${item}_usd`, lines[item as Item]] as const,
    ]);
    return {
      usd_month_1000_clusters: usd,
      clusters: CLUSTERS,
      prices: prices.date,
      ...Object.fromEntries(perItem),
      deploy_object_rows_written: round(objectRows(day.deploy)),
      deploy_d1_rows_written: round(day.deploy["d1.rowsWritten"] ?? 0),
    };
  } finally {
    await manager.stop();
  }
}

const objectRows = (counts: Counts): number =>
  Object.entries(counts).reduce((sum, [name, n]) => sum + (/^(?!d1).*\.rowsWritten$/.test(name) ? n : 0), 0);

async function measureDay(manager: CountedManager): Promise<Day> {
  const { agent, clusterId } = await makeCluster(manager);
  try {
    const busy = await measureDeploys(manager, agent);
    const cpu = await measureCpu(manager);
    const usage = await measureUsage(manager, agent, clusterId);
    say("the sweep, the schedule, the health checks");
    await sleep(ASLEEP_MS);
    const sweep = await manager.costOf(() => manager.ripen("FLEET", "platform"));
    const cron = await manager.costOf(() => manager.cron(HOURLY + 20 * 60_000));
    const cronHourly = await manager.costOf(() => manager.cron(HOURLY));
    const health = await manager.costOf(async () => {
      for (const path of ["/healthz", "/readyz"]) await fetch(`${manager.direct}${path}`);
    });
    const reconnect = await manager.costOf(async () => {
      const { session } = await agent.connected();
      agent.cut();
      await until("the agent is back", () => agent.welcome && agent.welcome.session > session);
    }, QUEUE_QUIET_MS);
    const forgetEvent = await measureForgetting(manager, cronHourly);
    const day = { ...busy, ...cpu, ...usage, sweep, cron, cronHourly, health, reconnect, forgetEvent };
    for (const [piece, counts] of Object.entries(day)) say(`${piece}: ${describe(counts)}`);
    return day;
  } finally {
    agent.stop();
  }
}

/** What is counted of a piece of the day, for those who read along. */
const describe = (counts: Counts | number): string =>
  typeof counts === "number"
    ? String(round(counts))
    : Object.entries(counts)
        .filter(([, n]) => n !== 0)
        .map(([name, n]) => `${name} ${round(n, 2)}`)
        .join(", ");

const countEvents = async (manager: CountedManager): Promise<number> =>
  (await manager.sql<{ n: number }>("SELECT COUNT(*) AS n FROM events"))[0]?.n ?? 0;

/** Ages all events at once, and has the hourly schedule forget them. */
async function measureForgetting(manager: CountedManager, cronHourly: Counts): Promise<Counts> {
  const events = await countEvents(manager);
  await manager.sql("UPDATE events SET occurred_at = 1");
  const all = await manager.costOf(() => manager.cron(HOURLY));
  if ((await countEvents(manager)) !== 0) throw new Error("old events are still there");
  return sumOf([all, 1 / events], [cronHourly, -1 / events]);
}

/** A connected cluster with its apps, all Ready and told of. */
async function makeCluster(manager: CountedManager): Promise<{ agent: SimulatedAgent; clusterId: string }> {
  const members = await enrolFleet(manager, manager.direct, 1);
  const [agent] = await connectFleet(manager.direct, members);
  const clusterId = members[0]?.identity.clusterId;
  if (!agent || !clusterId) throw new Error("no cluster");
  say(`${APPS} apps`);
  const api = new ApiClient({ url: manager.direct, key: manager.key });
  await manager.costOf(async () => {
    await makeProject(api, clusterName(0));
    const names = Array.from({ length: APPS }, (_, n) => `web-${n}`);
    await Promise.all(names.map((name) => deploy(manager, agent, name, 1)));
  }, QUEUE_QUIET_MS);
  api.close();
  return { agent, clusterId };
}

/** One deploy alone, as in a day where an hour lies between two. */
async function measureDeploys(
  manager: CountedManager,
  agent: SimulatedAgent,
): Promise<Pick<Day, "deploy" | "deployEvents">> {
  const eventsBefore = await countEvents(manager);
  const counts = await manager.costOf(async () => {
    for (let n = 0; n < MEASURED_DEPLOYS; n++) {
      say(`deploy ${n + 1} of ${MEASURED_DEPLOYS}`);
      await sleep(ASLEEP_MS);
      await deploy(manager, agent, `web-${n}`, 2);
    }
  }, QUEUE_QUIET_MS);
  const events = (await countEvents(manager)) - eventsBefore;
  return { deploy: sumOf([counts, 1 / MEASURED_DEPLOYS]), deployEvents: events / MEASURED_DEPLOYS };
}

/**
 * Processor time of the whole runtime for a PUT with its delivery, and for a GET: upper bounds of what the Worker is billed,
 * since objects, database and queue run in the same process here.
 */
async function measureCpu(manager: CountedManager): Promise<Pick<Day, "putCpuMs" | "getCpuMs">> {
  say("processor time");
  const api = new ApiClient({ url: manager.direct, key: manager.key });
  const cpuOf = async (times: number, request: (n: number) => Promise<unknown>): Promise<number> => {
    const before = cpuSeconds([manager.workerd()]);
    for (let n = 0; n < times; n++) await request(n);
    await sleep(SETTLE_MS);
    return ((cpuSeconds([manager.workerd()]) - before) * 1000) / times;
  };
  const put = (n: number) => api.put(`${PROJECT}/apps/web-${n % APPS}`, appBody(`cpu-${n}`));
  const get = (n: number) => api.get(`${PROJECT}/apps/web-${n % APPS}`);
  const getCpuMs = await cpuOf(CPU_GETS, get);
  const putCpuMs = await cpuOf(CPU_PUTS, put);
  api.close();
  return { putCpuMs, getCpuMs };
}

/** An hour's first report, one of the others, and what is handed on at its end. */
async function measureUsage(
  manager: CountedManager,
  agent: SimulatedAgent,
  clusterId: string,
): Promise<Pick<Day, "firstReport" | "report" | "handOver">> {
  say("usage reports");
  await manager.costOf(async () => usageReport(agent, 100));
  await manager.ripen("CLUSTER", clusterId);
  await manager.costOf(() => sleep(ASLEEP_MS));
  const firstReport = await manager.costOf(async () => usageReport(agent, 101));
  await sleep(ASLEEP_MS);
  const report = await manager.costOf(async () => usageReport(agent, 102));
  await sleep(ASLEEP_MS);
  const handOver = await manager.costOf(() => manager.ripen("CLUSTER", clusterId));
  return { firstReport, report, handOver };
}
