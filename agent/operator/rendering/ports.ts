import type { GraphNode } from "../../../protocol/resources/graph.ts";
import type { Violation } from "../../../protocol/resources/violation.ts";
import type { RenderRequest } from "../../renderer/contract.ts";

/** What is asked of the renderer (agent/renderer/renderer.ts). Both reject with a RenderError. */
export interface Renderer {
  render(
    request: Omit<RenderRequest, "id" | "op">,
    signal: AbortSignal,
  ): Promise<{ nodes: GraphNode[]; violations: Violation[]; languageVersion: string }>;
  /** `namespace`: whose turn it takes. */
  pins(module: string, namespace: string, signal: AbortSignal): Promise<{ path: string; version: string }[]>;
}
