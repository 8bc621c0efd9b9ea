import type { ClusterRpc, FleetRpc, MetricsRpc, OutboxRpc, TenantRpc } from "../../durable-objects/rpc.ts";
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

export const clusterStub = (
  env: Env,
  clusterId: string,
): DurableObjectStub<ClusterRpc & Rpc.DurableObjectBranded> => env.CLUSTER.getByName(clusterId);

/** One tenant's live feed; `platform` is the feed of all events. */
export const tenantStub = (
  env: Env,
  tenantId: string | "platform",
): DurableObjectStub<TenantRpc & Rpc.DurableObjectBranded> => env.TENANT.getByName(tenantId);

export const outboxStub = (
  env: Env,
  shard: number,
): DurableObjectStub<OutboxRpc & Rpc.DurableObjectBranded> => env.OUTBOX.getByName(String(shard));

/** The clock of the fleet. */
export const fleetStub = (env: Env): DurableObjectStub<FleetRpc & Rpc.DurableObjectBranded> =>
  env.FLEET.getByName("platform");

/** Figures of the whole manager. */
export const metricsStub = (env: Env): DurableObjectStub<MetricsRpc & Rpc.DurableObjectBranded> =>
  env.METRICS.getByName("platform");
