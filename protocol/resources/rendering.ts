import { z } from "zod";
import { viewEdgesSchema, viewNodesSchema } from "../../domain/graph/view.ts";
import { GRAPH_PHASES, graphNodeSchema, MAX_NODES } from "./graph.ts";
import { renderErrorSchema } from "./render-report.ts";
import { MAX_VIOLATIONS, violationSchema } from "./violation.ts";

/** A NovaApp that is to be rendered: its source of 1 MiB, JSON-escaped, with what stands around it. */
export const MAX_RENDER_REQUEST_BYTES = 1.5 * 1024 * 1024;
/** A graph that is shown: what etcd takes of a ResourceGraph, more than twice. */
export const MAX_RENDERING_BYTES = 4 * 1024 * 1024;

/** Errors of a rendering that are shown. */
const MAX_ERRORS = 100;

/** What a source became, not applied. */
export const renderedSchema = z.object({
  ok: z.literal(true),
  nodes: z.array(graphNodeSchema).max(MAX_NODES),
  edges: viewEdgesSchema,
  /** Digest of the nodes' canonical JSON: equal graphs, equal digest. */
  digest: z.string().max(128),
  violations: z.array(violationSchema).max(MAX_VIOLATIONS),
  /** A violation of severity Deny is among them: nothing would be applied. */
  denied: z.boolean(),
  /** The module that was rendered, where there was one. */
  module: z.object({ digest: z.string().max(128), revision: z.string().max(128).optional() }).optional(),
  policies: z.array(z.object({ name: z.string().max(253), digest: z.string().max(128) })).optional(),
});
export type Rendered = z.infer<typeof renderedSchema>;

/** fetch: a module could not be had. render: it, its input or a policy is wrong. graph: what it makes is no graph. */
export const RENDER_STAGES = ["fetch", "render", "graph"] as const;

export const renderFailureSchema = z.object({
  ok: z.literal(false),
  stage: z.enum(RENDER_STAGES),
  code: z.string().max(64),
  errors: z.array(renderErrorSchema).min(1).max(MAX_ERRORS),
});
export type RenderFailure = z.infer<typeof renderFailureSchema>;

/** An agent's answer to a stream of kind `render`. */
export const renderingSchema = z.discriminatedUnion("ok", [renderedSchema, renderFailureSchema]);
export type Rendering = z.infer<typeof renderingSchema>;

/** An agent's answer to a stream of kind `graph`. */
export const liveGraphSchema = z.object({
  /** Revision of the app that the graph was rendered from. */
  revision: z.string().max(128).optional(),
  generation: z.int().min(0),
  /** Generation that the states speak of. */
  observedGeneration: z.int().min(0).optional(),
  phase: z.enum(GRAPH_PHASES).optional(),
  message: z.string().max(1024).optional(),
  since: z.iso.datetime().optional(),
  nodes: viewNodesSchema,
  edges: viewEdgesSchema,
});
export type LiveGraphView = z.infer<typeof liveGraphSchema>;
