import type { Env } from "./env.ts";

export { ClusterDO } from "../durable-objects/cluster.ts";
export { OutboxDO } from "../durable-objects/outbox.ts";
export { TenantDO } from "../durable-objects/tenant.ts";

export default {
  async fetch(): Promise<Response> {
    return new Response("kubenova\n");
  },
} satisfies ExportedHandler<Env>;
