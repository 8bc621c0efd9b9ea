import type { z } from "zod";
import { novaAppSpecSchema, novaAppStatusSchema } from "./app.ts";
import { resourceGraphSpecSchema, resourceGraphStatusSchema } from "./graph.ts";
import { resourceGraphShardSpecSchema } from "./graph-shard.ts";
import { novaProjectSpecSchema, novaTenantSpecSchema, renderedStatusSchema } from "./tenancy.ts";
import { transformSpecSchema, transformStatusSchema } from "./transform.ts";

interface Column {
  name: string;
  type: "string" | "integer" | "date";
  jsonPath: string;
  description?: string;
  /** Above 0: only with `-o wide`. */
  priority?: number;
}

/** What is particular to one of our kinds. */
export interface Definition {
  kind: string;
  plural: string;
  shortNames: string[];
  scope: "Cluster" | "Namespaced";
  description: string;
  spec: z.ZodType;
  /** Missing: it has none. */
  status?: z.ZodType;
  /** Fields of the spec that never change: they say which catalogue object this is. */
  immutable: string[];
  columns: Column[];
}

const condition = (type: string, field: string) => `.status.conditions[?(@.type=='${type}')].${field}`;
const READY: Column = { name: "Ready", type: "string", jsonPath: condition("Ready", "status") };
const PHASE: Column = { name: "Phase", type: "string", jsonPath: ".status.phase" };
const AGE: Column = { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" };
const MESSAGE: Column = { name: "Message", type: "string", jsonPath: ".status.message", priority: 1 };

export const DEFINITIONS: Definition[] = [
  {
    kind: "NovaTenant",
    plural: "novatenants",
    shortNames: ["nvt"],
    scope: "Cluster",
    description: "A tenant that may be placed on this cluster. Written by the KubeNova agent.",
    spec: novaTenantSpecSchema,
    status: renderedStatusSchema,
    immutable: ["tenantId"],
    columns: [READY, PHASE, MESSAGE, AGE],
  },
  {
    kind: "NovaProject",
    plural: "novaprojects",
    shortNames: ["nvp"],
    scope: "Cluster",
    description: "A project's environments on this cluster. Written by the KubeNova agent.",
    spec: novaProjectSpecSchema,
    status: renderedStatusSchema,
    immutable: ["projectId", "tenant", "project"],
    columns: [
      { name: "Tenant", type: "string", jsonPath: ".spec.tenant" },
      { name: "Project", type: "string", jsonPath: ".spec.project" },
      READY,
      PHASE,
      MESSAGE,
      AGE,
    ],
  },
  {
    kind: "NovaApp",
    plural: "novaapps",
    shortNames: ["nva"],
    scope: "Namespaced",
    description: "One app in one environment, at one of its revisions. Written by the KubeNova agent.",
    spec: novaAppSpecSchema,
    status: novaAppStatusSchema,
    immutable: ["appId", "releaseId"],
    columns: [
      READY,
      PHASE,
      { name: "Revision", type: "integer", jsonPath: ".spec.revisionNumber" },
      MESSAGE,
      AGE,
    ],
  },
  {
    kind: "Transform",
    plural: "transforms",
    shortNames: ["tf"],
    scope: "Namespaced",
    description: "A CUE module and its input, rendered into a ResourceGraph of the same namespace.",
    spec: transformSpecSchema,
    status: transformStatusSchema,
    immutable: [],
    columns: [
      READY,
      PHASE,
      { name: "Source", type: "string", jsonPath: ".status.resolvedCueRef.short" },
      { name: "Graph", type: "string", jsonPath: ".status.resourceGraphRef.name" },
      { name: "Objects", type: "integer", jsonPath: ".status.counts.total", priority: 1 },
      MESSAGE,
      AGE,
    ],
  },
  {
    kind: "ResourceGraph",
    plural: "resourcegraphs",
    shortNames: ["rg"],
    scope: "Namespaced",
    description:
      "Objects that are applied in the order of their dependencies, kept so, and pruned when they leave the graph.",
    spec: resourceGraphSpecSchema,
    status: resourceGraphStatusSchema,
    immutable: [],
    columns: [
      READY,
      PHASE,
      { name: "Revision", type: "string", jsonPath: ".spec.metadata.version" },
      { name: "Objects", type: "integer", jsonPath: ".status.counts.total" },
      { name: "Done", type: "integer", jsonPath: ".status.counts.ready" },
      { name: "Failed", type: "integer", jsonPath: ".status.counts.failed", priority: 1 },
      { name: "Refused", type: "integer", jsonPath: ".status.adoption.refused", priority: 1 },
      MESSAGE,
      AGE,
    ],
  },
  {
    kind: "ResourceGraphShard",
    plural: "resourcegraphshards",
    shortNames: ["rgs"],
    scope: "Namespaced",
    description:
      "A piece of a large ResourceGraph's nodes, history or inventory, which the graph names by digest. Written by the KubeNova agent.",
    spec: resourceGraphShardSpecSchema,
    immutable: ["digest", "content"],
    columns: [
      {
        name: "Graph",
        type: "string",
        jsonPath: ".metadata.ownerReferences[?(@.kind=='ResourceGraph')].name",
      },
      { name: "Digest", type: "string", jsonPath: ".spec.digest", priority: 1 },
      AGE,
    ],
  },
];
