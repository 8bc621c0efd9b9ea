import { createHash } from "node:crypto";
import { canonicalJson } from "../../domain/canonical/index.ts";
import type { ResourceGraphSpec } from "../../protocol/resources/graph.ts";
import type { Rendered, RenderFailure, Rendering } from "../../protocol/resources/rendering.ts";
import { MAX_RENDERING_BYTES } from "../../protocol/resources/rendering.ts";
import type { Engine } from "../engine/index.ts";
import type { NovaApp } from "./resources.ts";

/** What a source became, by whatever renders sources of its kind. */
export type SourceRendering =
  | ({ ok: true; spec: ResourceGraphSpec } & Pick<Rendered, "violations" | "module" | "policies">)
  | RenderFailure;

export interface PreviewContext {
  engine: Pick<Engine, "plan">;
  /** The very function that a deployment renders with. */
  render(app: NovaApp, signal: AbortSignal): Promise<SourceRendering>;
}

/** What a NovaApp would become here, and in what order it would be applied. Writes nothing. */
export async function previewApp(
  { engine, render }: PreviewContext,
  app: NovaApp,
  signal: AbortSignal,
): Promise<Rendering> {
  const source = await render(app, signal);
  if (!source.ok) return source;
  const { spec, violations, module, policies } = source;
  const plan = await engine.plan(spec, app.metadata.namespace ?? "");
  if ("problem" in plan) return failure("graph", "invalid-graph", plan.problem);
  const rendering: Rendering = {
    ok: true,
    nodes: spec.nodes,
    edges: plan.edges,
    digest: `sha256:${createHash("sha256").update(canonicalJson(spec.nodes)).digest("hex")}`,
    violations,
    denied: violations.some(({ severity }) => severity === "Deny"),
    ...(module ? { module } : {}),
    ...(policies ? { policies } : {}),
  };
  const bytes = Buffer.byteLength(JSON.stringify(rendering));
  return bytes <= MAX_RENDERING_BYTES
    ? rendering
    : failure("graph", "too-large", `the graph has ${bytes} bytes; ${MAX_RENDERING_BYTES} are shown`);
}

const failure = (stage: RenderFailure["stage"], code: string, message: string): RenderFailure => ({
  ok: false,
  stage,
  code,
  errors: [{ message: message.slice(0, 1024) }],
});
