import type {
  AuditRpc,
  ClusterRpc,
  FleetRpc,
  LimitsRpc,
  MetricsRpc,
  OutboxRpc,
  TenantRpc,
} from "../../durable-objects/rpc.ts";
import type { Env } from "../env.ts";

/**
 * Where data lives (decisions.md 17). Every database and every object is reached through one of these functions and
 * no other way, so that data residency is a later choice inside this file and not a rewrite.
 */

/** The directory: tenants, clusters, and what belongs to the platform. */
export const directory = (env: Env): D1Database => env.DB;

/** The database that holds what a tenant owns; a region's own, once there is more than one. */
export const databaseFor = (
  env: Env,
  _tenant: { id: string; region: string } | { name: string },
): D1Database => env.DB;

export type ClusterStub = DurableObjectStub<ClusterRpc & Rpc.DurableObjectBranded>;

export const clusterStub = (env: Pick<Env, "CLUSTER">, clusterId: string): ClusterStub =>
  env.CLUSTER.getByName(clusterId);

/** One tenant's live feed; `platform` is the feed of all events. */
export const tenantStub = (
  env: Pick<Env, "TENANT">,
  tenantId: string | "platform",
): DurableObjectStub<TenantRpc & Rpc.DurableObjectBranded> => env.TENANT.getByName(tenantId);

export const outboxStub = (
  env: Env,
  shard: number,
): DurableObjectStub<OutboxRpc & Rpc.DurableObjectBranded> => env.OUTBOX.getByName(String(shard));

/** The clock of the fleet. */
export const fleetStub = (env: Env): DurableObjectStub<FleetRpc & Rpc.DurableObjectBranded> =>
  env.FLEET.getByName("platform");

/** Tries to log in, by shard; and what a principal of no tenant uses. */
export const limitsStub = (
  env: Pick<Env, "LIMITS">,
  name: `login:${number}` | `principal:${string}`,
): DurableObjectStub<LimitsRpc & Rpc.DurableObjectBranded> => env.LIMITS.getByName(name);

/** Figures of the whole manager. */
export const metricsStub = (env: Env): DurableObjectStub<MetricsRpc & Rpc.DurableObjectBranded> =>
  env.METRICS.getByName("platform");

/** One log of entries: a tenant's, or the platform's. */
export const auditStub = (
  env: Env,
  log: string | "platform",
): DurableObjectStub<AuditRpc & Rpc.DurableObjectBranded> => env.AUDIT.getByName(log);
