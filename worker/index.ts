import { consume } from "../queues/index.ts";
import { createApp } from "./app.ts";
import type { Env } from "./env.ts";
import { sweep } from "./scheduled.ts";

export { AuditDO } from "../durable-objects/audit.ts";
export { ClusterDO } from "../durable-objects/cluster.ts";
export { FleetDO } from "../durable-objects/fleet.ts";
export { LimitsDO } from "../durable-objects/limits.ts";
export { MetricsDO } from "../durable-objects/metrics.ts";
export { OutboxDO } from "../durable-objects/outbox.ts";
export { TenantDO } from "../durable-objects/tenant.ts";

const app = createApp();

export default {
  fetch: (request, env, context) => app.fetch(request, env, context),
  queue: (batch, env) => consume(batch, env),
  scheduled: (event, env) => sweep(env, event.scheduledTime),
} satisfies ExportedHandler<Env>;
