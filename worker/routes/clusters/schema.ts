import { z } from "zod";
import { type ClusterStatus, clusterStatus } from "../../../domain/cluster/liveness.ts";
import { idPattern } from "../../../domain/ids/index.ts";
import { nameSchema } from "../../../domain/names/index.ts";
import { DIVERGED } from "../../../domain/release/phase.ts";
import type { ClusterOverview, Liveness } from "../../../durable-objects/rpc.ts";
import { capabilitiesSchema, inventorySchema } from "../../../protocol/resources/status.ts";
import type { Cluster } from "../../store/clusters.ts";
import {
  catalogueFields,
  catalogueJson,
  iso,
  patchableFields,
  timeSchema,
  writableFields,
} from "../shared/catalogue.ts";
import { pageOf } from "../shared/paging.ts";

const wordSchema = z
  .string()
  .max(64)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, "letters, digits, '.', '_' and '-'");

const fields = {
  ...writableFields,
  provider: wordSchema.optional().meta({ examples: ["hetzner"] }),
  region: wordSchema.optional().meta({ examples: ["eu-central"] }),
  ownerTenant: nameSchema
    .optional()
    .meta({ description: "The tenant that owns it; the platform where absent." }),
  allowedTenants: z.array(nameSchema).max(500).optional().meta({
    description:
      "Tenants that may be placed on it beside its owner. Where absent: every tenant, or no other where a tenant owns it.",
  }),
};

const modeSchema = z.enum(["manage", "read-only"]);

export const writeClusterSchema = z.strictObject(fields).meta({ id: "ClusterWrite" });
export type ClusterWrite = z.infer<typeof writeClusterSchema>;

export const createClusterSchema = z
  .strictObject({ ...fields, name: nameSchema, mode: modeSchema.optional() })
  .meta({ id: "ClusterCreate" });

export const patchClusterSchema = z
  .strictObject({
    ...patchableFields,
    provider: wordSchema.nullable().optional(),
    region: wordSchema.nullable().optional(),
    ownerTenant: nameSchema.nullable().optional(),
    allowedTenants: z.array(nameSchema).max(500).nullable().optional(),
  })
  .meta({ id: "ClusterPatch" });

const STATUSES = ["pending_bootstrap", "bootstrapping", "connected", "unknown", "deleted"] as const;

export const clusterSchema = z
  .object({
    ...catalogueFields("cluster"),
    mode: modeSchema,
    provider: z.string().optional(),
    region: z.string().optional(),
    ownerTenant: z.string().optional(),
    allowedTenants: z.array(z.string()).optional(),
    status: z.enum(STATUSES).meta({
      description: "`unknown`: it was connected, and has been silent for 20 seconds. Derived at each read.",
    }),
    lastSeenAt: timeSchema.optional(),
    agentVersion: z.string().optional(),
    capabilities: capabilitiesSchema.optional(),
    inventory: inventorySchema.optional(),
    epoch: z.int().min(1).meta({ description: "Lineage of the desired set." }),
    diverged: z.literal(true).optional().meta({
      description:
        "Present where the manager's database was restored from before what the cluster was told. The cluster keeps what it has and takes nothing new until `:declare-epoch`.",
    }),
    message: z.string().optional().meta({ description: "What a person has to do, if anything." }),
    awakeSince: timeSchema.optional().meta({
      description: "When the cluster's object at the edge last woke; an idle one sleeps. Not in lists.",
    }),
    desired: z
      .object({ documents: z.int(), seq: z.int(), ackedSeq: z.int(), orphans: z.int() })
      .optional()
      .meta({ description: "The desired set, and up to where the agent has stored it. Not in lists." }),
  })
  .meta({ id: "Cluster" });

export const clusterPageSchema = pageOf(clusterSchema).meta({ id: "ClusterPage" });

/** A cluster is known by its name or its id. */
export const clusterParam = z
  .union([nameSchema, z.string().regex(idPattern("cluster"))])
  .meta({ description: "Its name or id.", examples: ["berlin-1"] });
export const clusterParams = z.strictObject({ cluster: clusterParam });

const when = <T>(name: string, value: T | null | undefined): Record<string, T> =>
  value === null || value === undefined ? {} : { [name]: value };

/** The row, and what its object says of it now. @param seen an overview for one cluster, liveness for lists */
export function clusterJson(cluster: Cluster, seen: Liveness | ClusterOverview) {
  const overview = "liveness" in seen ? seen : undefined;
  const liveness = "liveness" in seen ? seen.liveness : seen;
  const status: ClusterStatus = clusterStatus(
    { state: cluster.state, deleted: cluster.deletedAt !== null },
    liveness.connected,
  );
  return {
    ...catalogueJson(cluster),
    mode: cluster.mode,
    ...when("provider", cluster.provider),
    ...when("region", cluster.region),
    ...when("ownerTenant", cluster.ownerTenant),
    ...when("allowedTenants", cluster.allowedTenantNames),
    status,
    ...when("lastSeenAt", liveness.lastSeenAt === null ? null : iso(liveness.lastSeenAt)),
    ...when("agentVersion", overview?.agentVersion ?? cluster.agentVersion),
    ...when("capabilities", overview?.capabilities ?? cluster.capabilities),
    ...when("inventory", overview?.inventory ?? cluster.inventory),
    epoch: cluster.epoch,
    ...(liveness.diverged ? { diverged: true, message: DIVERGED } : {}),
    ...(overview ? { awakeSince: iso(overview.awakeSince), desired: desiredJson(overview) } : {}),
  };
}

const desiredJson = ({ documents, seq, ackedSeq, orphans }: ClusterOverview) => ({
  documents,
  seq,
  ackedSeq,
  orphans: orphans.length,
});
