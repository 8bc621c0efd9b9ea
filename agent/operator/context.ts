import type { DocumentStatus } from "../../protocol/resources/status.ts";
import type { Engine } from "../engine/index.ts";
import type { Clock, EventInput, Kube } from "../kube/index.ts";
import type { Namespaces } from "./namespaces.ts";
import type { RenderTraces } from "./render-traces.ts";
import type { Resource } from "./resources.ts";
import type { WrittenGraphs } from "./same-graph.ts";

/** What a controller works with, whatever kind of resource it brings about. */
export interface ControllerContext {
  kube: Kube;
  engine: Engine;
  namespaces: Pick<Namespaces, "foreign">;
  clock: Clock;
  signal: AbortSignal;
  onStatus: (status: DocumentStatus) => void;
  record: (event: EventInput) => void;
  traces: RenderTraces;
  written: WrittenGraphs;
  /** Takes the answer to a write, before the watch brings it. */
  observed: (resource: Resource) => void;
}
