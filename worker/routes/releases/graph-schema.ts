import { z } from "zod";
import { viewEdgesSchema, viewNodesSchema } from "../../../domain/graph/view.ts";
import { nameSchema } from "../../../domain/names/index.ts";
import { timeSchema } from "../shared/catalogue.ts";
import { releaseExample } from "./schema.ts";

export const GRAPH_FORMATS = ["json", "dot", "mermaid"] as const;
export type GraphFormat = (typeof GRAPH_FORMATS)[number];

export const graphQuery = z.strictObject({
  format: z
    .enum(GRAPH_FORMATS)
    .optional()
    .meta({ description: "Wins over `Accept`.", examples: ["json"] }),
});

export const releaseGraphSchema = z
  .object({
    app: nameSchema,
    environment: nameSchema,
    cluster: nameSchema,
    namespace: z.string(),
    source: z.enum(["live", "last-known"]).meta({
      description:
        "live: from the cluster, now. last-known: the cluster is away; this is what it last said, without edges, and of large graphs a part.",
    }),
    at: timeSchema.meta({ description: "When it was so." }),
    revision: z.string().optional().meta({ description: "Number of the revision that the graph is of." }),
    phase: z.string().optional(),
    message: z.string().optional(),
    since: timeSchema.optional(),
    current: z.boolean().meta({
      description: "The states speak of the newest graph; false while the cluster has not begun with it.",
    }),
    nodes: viewNodesSchema,
    edges: viewEdgesSchema,
  })
  .meta({ id: "ReleaseGraph" });
export type ReleaseGraph = z.infer<typeof releaseGraphSchema>;

export const graphExample: ReleaseGraph = {
  app: "web",
  environment: "staging",
  cluster: "berlin-1",
  namespace: releaseExample.namespace,
  source: "live",
  at: "2026-11-21T10:00:05.000Z",
  revision: "1",
  phase: "Executing",
  current: true,
  nodes: [
    {
      id: "ConfigMap/web-files",
      apiVersion: "v1",
      kind: "ConfigMap",
      namespace: releaseExample.namespace,
      name: "web-files",
      state: "Ready",
    },
    {
      id: "Deployment.apps/web",
      apiVersion: "apps/v1",
      kind: "Deployment",
      namespace: releaseExample.namespace,
      name: "web",
      state: "Progressing",
      message: "1 of 2 replicas are available",
    },
  ],
  edges: [{ from: "ConfigMap/web-files", to: "Deployment.apps/web", kind: "implied" }],
};
