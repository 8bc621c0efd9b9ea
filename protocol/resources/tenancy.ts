import { z } from "zod";
import {
  conditionsSchema,
  countsSchema,
  idSchema,
  messageSchema,
  shortNameSchema,
  timeSchema,
} from "./common.ts";
import { MAX_REPORTED_NODES, nodeReportSchema, phaseSchema } from "./status.ts";

/** Status of the three resources that render a graph: what the graph says, in short. */
export const renderedStatusSchema = z.object({
  observedGeneration: z.int().min(0).optional(),
  phase: phaseSchema.optional(),
  message: messageSchema.optional(),
  /** When this phase was entered. */
  since: timeSchema.optional(),
  /** The ResourceGraph it was rendered into. */
  graph: z.object({ namespace: z.string().max(63), name: z.string().max(253) }).optional(),
  counts: countsSchema.optional(),
  /** Nodes that are not ready first. */
  nodes: z
    .array(nodeReportSchema)
    .max(MAX_REPORTED_NODES)
    .meta({ "x-kubernetes-list-type": "atomic" })
    .optional(),
  conditions: conditionsSchema.optional(),
});
export type RenderedStatus = z.infer<typeof renderedStatusSchema>;

export const novaTenantSpecSchema = z.object({
  tenantId: idSchema,
  displayName: z.string().max(256).optional(),
});
export type NovaTenantSpec = z.infer<typeof novaTenantSpecSchema>;

export const environmentEntrySchema = z.object({
  environmentId: idSchema,
  name: shortNameSchema,
  namespace: z.string().min(1).max(63),
  /** The namespace was there before: it is never changed nor deleted. */
  adopted: z.boolean(),
});
export type EnvironmentEntry = z.infer<typeof environmentEntrySchema>;

export const MAX_ENVIRONMENTS = 64;

export const novaProjectSpecSchema = z.object({
  projectId: idSchema,
  tenant: shortNameSchema,
  project: shortNameSchema,
  /** The project's environments on this cluster. */
  environments: z
    .array(environmentEntrySchema)
    .max(MAX_ENVIRONMENTS)
    .meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"] }),
});
export type NovaProjectSpec = z.infer<typeof novaProjectSpecSchema>;
