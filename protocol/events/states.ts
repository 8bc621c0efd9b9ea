import { z } from "zod";
import { idPattern } from "../../domain/ids/index.ts";

/** What an event says of an object before and after a change: what a consumer may need, never a secret or a spec. */
const catalogueState = {
  name: z.string(),
  displayName: z.string().nullable(),
  labels: z.record(z.string(), z.string()),
  version: z.int().min(1),
};

export const tenantStateSchema = z.strictObject({
  id: z.string().regex(idPattern("tenant")),
  ...catalogueState,
  region: z.string(),
});
export type TenantState = z.infer<typeof tenantStateSchema>;

const limitFigures = {
  requestsPerMinute: z.int().nullable(),
  principalRequestsPerMinute: z.int().nullable(),
  streams: z.int().nullable(),
  principalStreams: z.int().nullable(),
};

/** Own figures; null is the plan's, or else the installation's default. */
export const tenantLimitsStateSchema = z.strictObject({
  ...limitFigures,
  /** The plan's name; null where there is none. */
  plan: z.string().nullable().optional(),
});

/** Null is the installation's default. */
export const planStateSchema = z.strictObject({
  id: z.string().regex(idPattern("plan")),
  name: z.string(),
  displayName: z.string().nullable(),
  limits: z.strictObject(limitFigures),
  auditRetentionDays: z.int().nullable(),
  /** Whether new tenants get it. */
  isDefault: z.boolean(),
  version: z.int().min(1),
});
export type PlanState = z.infer<typeof planStateSchema>;

export const projectStateSchema = z.strictObject({
  id: z.string().regex(idPattern("project")),
  ...catalogueState,
});
export type ProjectState = z.infer<typeof projectStateSchema>;

export const environmentStateSchema = z.strictObject({
  id: z.string().regex(idPattern("environment")),
  ...catalogueState,
  projectId: z.string().regex(idPattern("project")),
  position: z.int().min(0),
  namespace: z.string(),
  adopted: z.boolean(),
  delivery: z.enum(["direct", "git"]),
  autoDeploy: z.boolean(),
  /** Where it is placed; null where nowhere. */
  clusterId: z.string().regex(idPattern("cluster")).nullable(),
});
export type EnvironmentState = z.infer<typeof environmentStateSchema>;

export const appStateSchema = z.strictObject({
  id: z.string().regex(idPattern("app")),
  ...catalogueState,
  projectId: z.string().regex(idPattern("project")),
  /** Newest revision; its content is read from the API. */
  revisionId: z.string().regex(idPattern("revision")),
  revisionNumber: z.int().min(1),
});
export type AppState = z.infer<typeof appStateSchema>;

export const clusterStateSchema = z.strictObject({
  id: z.string().regex(idPattern("cluster")),
  ...catalogueState,
  provider: z.string().nullable(),
  region: z.string().nullable(),
  mode: z.enum(["manage", "read-only"]),
  ownerTenantId: z.string().regex(idPattern("tenant")).nullable(),
  /** Null is every tenant. */
  allowedTenants: z.array(z.string().regex(idPattern("tenant"))).nullable(),
  state: z.enum(["pending_bootstrap", "bootstrapping", "connected", "deleted"]),
  epoch: z.int().min(1),
});
export type ClusterState = z.infer<typeof clusterStateSchema>;
