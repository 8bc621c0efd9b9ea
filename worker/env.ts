import type { ClusterRpc, FleetRpc, MetricsRpc, OutboxRpc, TenantRpc } from "../durable-objects/rpc.ts";
import type { PublishedEvent } from "../protocol/events/envelope.ts";

/** Objects are known here by what they may be asked, never by their class. */
type Objects<Interface> = DurableObjectNamespace<Interface & Rpc.DurableObjectBranded>;

/** Bindings of wrangler.toml, and the secrets of docs/deploy.md. */
export interface Env {
  DB: D1Database;
  CLUSTER: Objects<ClusterRpc>;
  TENANT: Objects<TenantRpc>;
  OUTBOX: Objects<OutboxRpc>;
  METRICS: Objects<MetricsRpc>;
  FLEET: Objects<FleetRpc>;
  EVENTS: Queue<PublishedEvent[]>;
  ARCHIVE: R2Bucket;
  /** Secret: the platform administrator's key, at least 32 characters. Tokens are signed with a key derived from it. */
  PLATFORM_ADMIN_KEY: string;
  /** Origins that browsers may call from, separated by commas; none where absent. */
  CORS_ORIGINS?: string;
  /** Host names that agents may dial, separated by commas, where the manager is reached by more than the request's own. */
  PUBLIC_HOSTS?: string;
  /** `on` in tests that kill the process at chosen points (worker/failpoint.ts); no deployment has it. */
  TEST_FAILPOINTS?: string;
  KUBENOVA_FAILPOINT?: string;
  /** Where traces go, by OTLP over HTTP: `https://HOST` (spans go to its `/v1/traces`). Tracing is off where absent. */
  OTEL_EXPORTER_OTLP_ENDPOINT?: string;
  /** Secret: headers of each export, `name=value,name=value`, percent-encoded. */
  OTEL_EXPORTER_OTLP_HEADERS?: string;
  /** Share of the requests without a `traceparent` that are traced, from 0 to 1; all where absent. */
  OTEL_TRACES_SAMPLER_ARG?: string;
  /** Least level that is logged; `info` where absent. */
  LOG_LEVEL?: "debug" | "info" | "warn" | "error";
}
