/**
 * The manager with everything counted that Cloudflare bills: the product's own Worker and objects, wrapped from outside.
 * Beside its own routes it answers below /count.
 */
import type { Env } from "../../worker/env.ts";
import * as product from "../../worker/index.ts";
import { countedEnv, operationsOf } from "./bindings.ts";
import { countedObject, type Ripening } from "./object.ts";
import { count, totals } from "./tally.ts";

export const ClusterDO = countedObject(product.ClusterDO, "cluster", [
  "fetch",
  "alarm",
  "webSocketMessage",
  "webSocketClose",
  "webSocketError",
  "identify",
  "deliver",
  "liveness",
  "overview",
  "statuses",
  "removeOrphan",
  "sweep",
]);
export const FleetDO = countedObject(product.FleetDO, "fleet", ["watch", "alarm"]);
const DOOR = ["lease", "openStream", "renewStream", "closeStream"];
export const TenantDO = countedObject(product.TenantDO, "tenant", [
  "fetch",
  "poke",
  "limitsChanged",
  ...DOOR,
]);
export const LimitsDO = countedObject(product.LimitsDO, "limits", ["tryLogin", "endLogin", "alarm", ...DOOR]);
export const AuditDO = countedObject(product.AuditDO, "audit", [
  "append",
  "note",
  "list",
  "find",
  "leaves",
  "head",
  "checkpoint",
  "inclusion",
  "consistency",
  "alarm",
]);
export const OutboxDO = countedObject(product.OutboxDO, "outbox", ["arm", "ping", "alarm"]);
export const MetricsDO = countedObject(product.MetricsDO, "metrics", ["add", "render"]);

const { fetch, queue, scheduled } = product.default;

// Each line is an event of Workers Logs.
for (const level of ["debug", "info", "log", "warn", "error"] as const) {
  const write = console[level].bind(console);
  console[level] = (...line: unknown[]) => {
    count("logs.lines");
    write(...line);
  };
}

/**
 * GET /count: everything so far. POST /count/cron?at=<ms>: what the schedule does at that time.
 * POST /count/ripen?kind=CLUSTER&name=<id>: that object's alarm is due now; GET /count/alarm: when it is.
 * POST /count/sql: runs the statement of the body, for what only time would bring about.
 */
async function control(request: Request, env: Env): Promise<Response> {
  const { pathname, searchParams } = new URL(request.url);
  if (pathname === "/count/cron") {
    count("worker.cron");
    await scheduled({ scheduledTime: Number(searchParams.get("at")) } as never, countedEnv(env, "worker"));
  }
  const namespace = env[(searchParams.get("kind") ?? "CLUSTER") as "CLUSTER"];
  const object = () => namespace.getByName(searchParams.get("name") ?? "") as unknown as Ripening;
  if (pathname === "/count/ripen") await object().ripen();
  if (pathname === "/count/alarm") return Response.json({ at: await object().alarmAt() });
  if (pathname === "/count/sql") {
    const result = await env.DB.prepare(await request.text()).all();
    return Response.json(result);
  }
  return Response.json(totals());
}

export default {
  async fetch(request, env, context) {
    if (new URL(request.url).pathname.startsWith("/count")) return control(request, env);
    count("worker.requests");
    return fetch(request, countedEnv(env, "worker"), context);
  },
  async queue(batch, env) {
    count("worker.queueBatches");
    for (const { body } of batch.messages) count("queue.reads", operationsOf(body));
    await queue(batch, countedEnv(env, "worker"));
    // What is acked is deleted; here nothing fails, and what would come again is read again.
    for (const { body } of batch.messages) count("queue.deletes", operationsOf(body));
  },
  async scheduled(event, env) {
    count("worker.cron");
    await scheduled(event as never, countedEnv(env, "worker"));
  },
} satisfies ExportedHandler<Env>;
