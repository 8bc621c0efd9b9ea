import { z } from "zod";
import { renderStatusFields } from "./render-report.ts";

/** Where one desired document stands in its cluster, as the agent reports it. */
export const PHASES = [
  "Pending",
  "Progressing",
  "Ready",
  "Degraded",
  "Failed",
  "Deleting",
  "Deleted",
  "Suspended",
  "Orphaned",
  "Refused",
] as const;
export const phaseSchema = z.enum(PHASES);
export type Phase = z.infer<typeof phaseSchema>;

export const MAX_REPORTED_NODES = 50;
export const MAX_MESSAGE_LENGTH = 1024;

const messageSchema = z.string().max(MAX_MESSAGE_LENGTH);

export const nodeReportSchema = z.object({
  id: z.string().max(512),
  kind: z.string().max(64),
  name: z.string().max(253),
  namespace: z.string().max(63).optional(),
  state: z.string().max(32),
  message: messageSchema.optional(),
});
export type NodeReport = z.infer<typeof nodeReportSchema>;

export const documentStatusSchema = z.object({
  key: z.string().max(128),
  /** Desired revision that this status speaks of. */
  revision: z.int().min(0),
  phase: phaseSchema,
  message: messageSchema.optional(),
  /** App revision (rev_…) that runs, for a release. */
  revisionId: z.string().max(64).optional(),
  counts: z.object({ total: z.int(), ready: z.int(), failed: z.int() }).optional(),
  /** Nodes that are not ready first; at most MAX_REPORTED_NODES. */
  nodes: z.array(nodeReportSchema).max(MAX_REPORTED_NODES).optional(),
  /** When this phase was entered, by the agent's clock (RFC 3339). */
  since: z.iso.datetime().optional(),
  ...renderStatusFields,
});
export type DocumentStatus = z.infer<typeof documentStatusSchema>;

/** What a cluster says of itself: bounded, sent at hello and when it changes. */
export const inventorySchema = z.object({
  kubernetesVersion: z.string().max(64),
  nodes: z.int(),
  nodesReady: z.int(),
  namespaces: z.int(),
  pods: z.int(),
  cpuMillicores: z.int(),
  memoryBytes: z.int(),
  managed: z.object({ tenants: z.int(), projects: z.int(), apps: z.int(), graphs: z.int() }),
});
export type Inventory = z.infer<typeof inventorySchema>;

/** Component states and feature flags, e.g. `{ "mutatingAdmissionPolicy": true }` (decisions.md 13). */
export const capabilitiesSchema = z.object({
  components: z.record(
    z.string().max(64),
    z.object({ version: z.string().max(64).optional(), ready: z.boolean() }),
  ),
  flags: z.record(z.string().max(64), z.boolean()),
});
export type Capabilities = z.infer<typeof capabilitiesSchema>;
