import type { ClusterDO } from "../durable-objects/cluster.ts";
import type { OutboxDO } from "../durable-objects/outbox.ts";
import type { TenantDO } from "../durable-objects/tenant.ts";
import type { EventEnvelope } from "../protocol/events/envelope.ts";

/** Bindings of wrangler.toml, and the secrets of docs/deploy.md. */
export interface Env {
  DB: D1Database;
  CLUSTER: DurableObjectNamespace<ClusterDO>;
  TENANT: DurableObjectNamespace<TenantDO>;
  OUTBOX: DurableObjectNamespace<OutboxDO>;
  EVENTS: Queue<EventEnvelope>;
  ARCHIVE: R2Bucket;
  /** Secret: the platform administrator's key, at least 32 characters. Tokens are signed with a key derived from it. */
  PLATFORM_ADMIN_KEY: string;
  /** Origins that browsers may call from, separated by commas; none where absent. */
  CORS_ORIGINS?: string;
  /** Host names that agents may dial, separated by commas, where the manager is reached by more than the request's own. */
  PUBLIC_HOSTS?: string;
}
