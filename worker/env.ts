import type {
  AuditRpc,
  ClusterRpc,
  FleetRpc,
  LimitsRpc,
  MetricsRpc,
  OutboxRpc,
  TenantRpc,
} from "../durable-objects/rpc.ts";
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
  AUDIT: Objects<AuditRpc>;
  LIMITS: Objects<LimitsRpc>;
  /** Coarse and per location: how often one address may try keys that nothing is known of. */
  SHIELD?: RateLimit;
  /** The same for what needs no credential: how often one network may ask, of each class of routes. */
  PUBLIC_SHIELD?: RateLimit;
  EVENTS: Queue<PublishedEvent[]>;
  ARCHIVE: R2Bucket;
  /** Bucket with a lock, to which audit logs are written once more (docs/audit-exports.md); none where absent. */
  AUDIT_WORM?: R2Bucket;
  /** Secret: the platform administrator's key, at least 32 characters (docs/operations/break-glass.md). */
  PLATFORM_ADMIN_KEY: string;
  /** `off`: the platform administrator's key opens nothing. */
  BREAK_GLASS?: string;
  /** Secret: `<id>:<base64 of 32 bytes>`, separated by commas; the last is the primary (worker/keys/ring.ts). */
  KEY_RING: string;
  /**
   * Where key-encryption keys live, the last being the primary: `ring`, `aws-kms:<key ARN>`, `vault:<URL>/<mount>/<key>`,
   * separated by commas; the ring alone where absent (docs/secrets.md).
   */
  KEK_PROVIDER?: string;
  AWS_ACCESS_KEY_ID?: string;
  /** Secret: of a user or role that may kms:Encrypt and kms:Decrypt. */
  AWS_SECRET_ACCESS_KEY?: string;
  AWS_SESSION_TOKEN?: string;
  /** https:// URL of a VPC endpoint; the region's public one where absent. */
  AWS_KMS_ENDPOINT?: string;
  /** Secret: a token of Vault; or an AppRole's two parts. */
  VAULT_TOKEN?: string;
  VAULT_ROLE_ID?: string;
  VAULT_SECRET_ID?: string;
  VAULT_NAMESPACE?: string;
  /** Origins that browsers may call from, separated by commas; none where absent. */
  CORS_ORIGINS?: string;
  /** Host names that agents may dial, separated by commas, where the manager is reached by more than the request's own. */
  PUBLIC_HOSTS?: string;
  /**
   * `host:port` of servers that the platform's providers and streams may name although the guard of docs/outbound.md would
   * refuse them, separated by commas; plain http is allowed to them too. None where absent.
   */
  OUTBOUND_ALLOW_HOSTS?: string;
  /** The same for those of tenants, and of the platform: each tenant may have the manager ask these. */
  OUTBOUND_ALLOW_HOSTS_TENANTS?: string;
  /** URL of a resolver by DNS over HTTPS (JSON form), by which names that tenants give are looked up before they are asked. */
  OUTBOUND_DNS?: string;
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
