import { type Counts, sumOf } from "./counted.ts";

/** A typical cluster's day, and the platform's. */
export const CLUSTERS = 1000;
const DAYS = 30;
export const DEPLOYS_A_DAY = 20;
const HOURS = 24;
const REPORTS_AN_HOUR = 12;
const RECONNECTS_A_DAY = 1;
const SWEEPS_A_DAY = 144;
const CRONS_A_DAY = 144;
const HEALTH_CHECKS_A_DAY = 24 * 60;

/** Clusters that a sweep asks at a time (durable-objects/fleet.ts): its object waits as often. */
const ASKED_AT_ONCE = 50;
/** A consumer gets what came in 30 s, or 100 messages (wrangler.toml). */
const BATCH_SECONDS = 30;
const BATCH_MESSAGES = 100;
/** An object that waits for the database waits longer than here, where both are one process: this much for each call. */
const D1_CALL_MS = 30;
const OBJECT_GB = 0.128;
const MESSAGES_A_REQUEST = 20;

/** What each piece of a day counted; a cluster's, but for the last four, which are the platform's in part or in whole. */
export interface Day {
  deploy: Counts;
  /** Processor time of the whole runtime for one PUT with its delivery, and for one GET: upper bounds of the Worker's. */
  putCpuMs: number;
  getCpuMs: number;
  firstReport: Counts;
  report: Counts;
  handOver: Counts;
  reconnect: Counts;
  /** Events that a deploy leaves in the database, and what forgetting one costs when its time is over. */
  deployEvents: number;
  forgetEvent: Counts;
  sweep: Counts;
  cron: Counts;
  cronHourly: Counts;
  health: Counts;
}

export type Item =
  | "worker_requests"
  | "worker_cpu_ms"
  | "object_requests"
  | "object_gb_s"
  | "object_rows_read"
  | "object_rows_written"
  | "d1_rows_read"
  | "d1_rows_written"
  | "queue_operations"
  | "r2_class_a"
  | "r2_class_b"
  | "log_events";

/** A month's quantities of the whole fleet. */
export function monthOf(day: Day): Record<Item, number> {
  const { fleet: sweeper, cluster: swept } = splitSweep(day.sweep);
  const cluster = sumOf(
    [day.deploy, DEPLOYS_A_DAY],
    [day.firstReport, HOURS],
    [day.report, HOURS * (REPORTS_AN_HOUR - 1)],
    [day.handOver, HOURS],
    [day.reconnect, RECONNECTS_A_DAY],
    [day.forgetEvent, DEPLOYS_A_DAY * day.deployEvents],
    [swept, SWEEPS_A_DAY],
  );
  const platform = sumOf(
    [sweeper, SWEEPS_A_DAY],
    [wholeTables(day.cron), CRONS_A_DAY - HOURS],
    [wholeTables(day.cronHourly), HOURS],
    [day.health, HEALTH_CHECKS_A_DAY],
  );
  const fleet = sumOf([cluster, CLUSTERS * DAYS], [platform, DAYS]);
  const puts = DEPLOYS_A_DAY * CLUSTERS * DAYS;
  const quantities = quantitiesOf(fleet);
  const others = quantities.worker_requests - puts;
  return { ...quantities, worker_cpu_ms: puts * day.putCpuMs + others * day.getCpuMs };
}

/** The one object that asks costs once; what it waits grows with the fleet. The rest is each cluster's. */
function splitSweep(sweep: Counts): { fleet: Counts; cluster: Counts } {
  const fleet: Counts = {};
  const cluster: Counts = {};
  for (const [name, n] of Object.entries(sweep)) (name.startsWith("fleet.") ? fleet : cluster)[name] = n;
  fleet["fleet.activeMs"] = ((fleet["fleet.activeMs"] ?? 0) * CLUSTERS) / ASKED_AT_ONCE;
  return { fleet, cluster };
}

/** The schedule reads tables whose size is the fleet's: what it read of one cluster's, it reads of all. */
const wholeTables = (cron: Counts): Counts => ({
  ...cron,
  "d1.rowsRead": (cron["d1.rowsRead"] ?? 0) * CLUSTERS,
});

function quantitiesOf(fleet: Counts): Record<Exclude<Item, "worker_cpu_ms">, number> {
  const of = (name: string): number => fleet[name] ?? 0;
  const objects = (what: string): number =>
    ["cluster", "fleet", "tenant", "outbox", "metrics", "audit", "limits"].reduce(
      (sum, each) => sum + of(`${each}.${what}`),
      0,
    );
  const activeMs = objects("activeMs") + objects("d1Calls") * D1_CALL_MS;
  const batches = batchesOf(of("worker.queueBatches"), of("queue.messages"));
  return {
    worker_requests: of("worker.requests") + of("worker.cron") + batches,
    object_requests: objects("requests") + objects("messages") / MESSAGES_A_REQUEST,
    object_gb_s: (activeMs / 1000) * OBJECT_GB,
    object_rows_read: objects("rowsRead"),
    object_rows_written: objects("rowsWritten"),
    d1_rows_read: of("d1.rowsRead"),
    d1_rows_written: of("d1.rowsWritten"),
    queue_operations: of("queue.writes") + of("queue.reads") + of("queue.deletes"),
    // Each batch is archived as one object.
    r2_class_a: Math.min(of("r2.classA"), batches) + of("audit.r2.classA"),
    r2_class_b: of("r2.classB") + of("audit.r2.classB"),
    log_events: of("logs.lines"),
  };
}

/** With one cluster each event comes alone; of a fleet, those of 30 s come together. */
const batchesOf = (counted: number, messages: number): number =>
  Math.min(counted, (DAYS * 86_400) / BATCH_SECONDS + messages / BATCH_MESSAGES);
