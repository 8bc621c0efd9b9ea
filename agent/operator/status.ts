import { ANNOTATION } from "../../domain/names/labels.ts";
import type { NovaAppStatus } from "../../protocol/resources/app.ts";
import type { Condition } from "../../protocol/resources/common.ts";
import type { GraphPhase, NodeStatus, ResourceGraphStatus } from "../../protocol/resources/graph.ts";
import { errorLine, type RenderError } from "../../protocol/resources/render-report.ts";
import {
  type DocumentStatus,
  MAX_MESSAGE_LENGTH,
  MAX_REPORTED_NODES,
  type NodeReport,
  type Phase,
} from "../../protocol/resources/status.ts";
import type { RenderedStatus } from "../../protocol/resources/tenancy.ts";
import { cut, shownNodes } from "../engine/shown-nodes.ts";
import { conditionsOf } from "../engine/status.ts";
import { summaryOf, unquoted } from "./rendering/failure.ts";
import type { Resource } from "./resources.ts";

export const RESOURCE_PHASES: Readonly<Record<GraphPhase, Phase>> = {
  Pending: "Pending",
  Executing: "Progressing",
  Ready: "Ready",
  Degraded: "Degraded",
  Failed: "Failed",
  Deleting: "Deleting",
  Suspended: "Suspended",
};

export interface Outcome {
  phase: GraphPhase;
  message?: string;
  reason?: string;
  counts?: RenderedStatus["counts"];
  nodes?: ResourceGraphStatus["nodes"];
}

/** What a graph's status says of the resource that it was rendered from. */
export function outcomeOf(graph: ResourceGraphStatus): Outcome {
  const { counts, nodes } = graph;
  const { phase, message, reason } = wordsOf(graph);
  return {
    phase,
    ...(message ? { message } : {}),
    ...(reason ? { reason } : {}),
    ...(counts ? { counts } : {}),
    ...(nodes ? { nodes } : {}),
  };
}

/** A graph that is rolled back by hand may be Ready: what the resource asks for is not there. */
function wordsOf({ phase = "Pending", message, conditions, rolledBackTo }: ResourceGraphStatus) {
  if (rolledBackTo && phase === "Ready") {
    const text = `its ResourceGraph carries out the former graph ${rolledBackTo} instead, until its spec.rollbackTo is taken away`;
    return { phase: "Degraded", message: text, reason: "RolledBack" } as const;
  }
  return { phase, message, reason: conditions?.find(({ type }) => type === "Ready")?.reason };
}

/** The resource's status. Times stay where what they speak of did not change. */
export function renderedStatus(
  resource: Resource,
  graph: { namespace: string; name: string },
  outcome: Outcome,
  now: string,
): RenderedStatus & Record<string, unknown> {
  const generation = resource.metadata.generation ?? 0;
  const phase = RESOURCE_PHASES[outcome.phase];
  const former = resource.status;
  const { revisionId, revisionNumber } = resource.spec as { revisionId?: string; revisionNumber?: number };
  return {
    observedGeneration: generation,
    phase,
    ...(outcome.message ? { message: cut(outcome.message) } : {}),
    since: former?.phase === phase && former.since ? former.since : now,
    graph,
    ...(outcome.counts ? { counts: outcome.counts } : {}),
    ...(outcome.nodes ? { nodes: shownNodes(outcome.nodes, MAX_REPORTED_NODES).map(reportOf) } : {}),
    conditions: readyConditions(outcome, generation, former?.conditions, now),
    ...(revisionId === undefined ? {} : { revisionId }),
    ...(revisionNumber === undefined ? {} : { revisionNumber }),
  };
}

/** What a person needs to know of a node; the rest is in the graph's own status. */
const reportOf = ({ id, kind, namespace, name, state, message }: NodeStatus): NodeReport => ({
  ...{ id, kind, name, state },
  ...(namespace ? { namespace } : {}),
  ...(message ? { message } : {}),
});

/** Who reads an app at the manager, in its log or a notification need not be allowed to read its input. */
function withoutValues({
  message,
  render,
}: RenderedStatus & Pick<NovaAppStatus, "render">): Pick<NovaAppStatus, "message" | "render"> {
  if (!render?.errors?.length) return { message, render };
  const errors = unquoted(render.errors);
  const first = errorLine(render.errors[0] as RenderError);
  const said = { render: { ...render, errors } };
  if (message?.startsWith(first))
    return { ...said, message: cut(errorLine(errors[0] as RenderError) + message.slice(first.length)) };
  // One that was cut; or another's, of a name that is taken, say.
  const isTheirs = message?.startsWith(first.slice(0, MAX_MESSAGE_LENGTH / 2));
  return { ...said, message: isTheirs ? summaryOf(errors) : message };
}

/** Ready, Reconciling and Stalled. */
export const readyConditions = (
  outcome: Outcome,
  generation: number,
  former: readonly Condition[] | undefined,
  now: string,
): Condition[] => conditionsOf({ ...outcome, generation }, former, now);

/** What the manager is told; undefined for a resource that did not come from it. */
export function documentStatus(
  resource: Resource,
  status: RenderedStatus & { revisionId?: unknown } & Pick<NovaAppStatus, "violations" | "render">,
): DocumentStatus | undefined {
  const annotations = resource.metadata.annotations ?? {};
  const key = annotations[ANNOTATION.key];
  const revision = Number(annotations[ANNOTATION.revision]);
  if (!key || !Number.isSafeInteger(revision) || revision < 0) return undefined;
  const { phase = "Pending", counts, nodes, since, revisionId, violations } = status;
  const { message, render } = withoutValues(status);
  return {
    key,
    revision,
    phase,
    ...(message ? { message } : {}),
    ...(typeof revisionId === "string" ? { revisionId } : {}),
    ...(counts ? { counts } : {}),
    ...(nodes ? { nodes } : {}),
    ...(since ? { since } : {}),
    ...(violations ? { violations } : {}),
    ...(render ? { render } : {}),
  };
}
