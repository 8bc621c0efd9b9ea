import { sameJson } from "../../domain/canonical/same.ts";
import type { Condition, Counts } from "../../protocol/resources/common.ts";
import type {
  AdoptionStatus,
  Drift,
  GraphPhase,
  NodeStatus,
  ResourceGraphStatus,
} from "../../protocol/resources/graph.ts";
import { cut, type SinceOf, shownNodes, since } from "./shown-nodes.ts";

/** Everything that a status is made of. */
export interface Snapshot {
  generation: number;
  phase: GraphPhase;
  message?: string;
  /** Reason of the Stalled condition where the phase is Failed. */
  reason?: string;
  counts: Counts;
  nodes: NodeStatus[];
  /** Which request to reconcile this speaks of, once it rests. */
  reconcileAt?: string;
  drift?: readonly Drift[];
  adoption?: AdoptionStatus;
}

/** What a status keeps for the next process, as it is stored. */
export type StatusRecord = Pick<
  ResourceGraphStatus,
  "inventory" | "inventoryShards" | "nodeShards" | "digest" | "rolledBackTo" | "history"
>;

/** Phases that stay until something happens: worth writing at once. */
export const RESTING: readonly GraphPhase[] = ["Ready", "Degraded", "Failed", "Suspended"];

/**
 * The status of a snapshot. Times of the former status stay where what they speak of did not change, so that equal
 * states make equal statuses, and a process that starts anew writes nothing.
 */
export function statusOf(
  snapshot: Snapshot,
  former: ResourceGraphStatus | undefined,
  record: StatusRecord,
  now: string,
  sinceOf?: SinceOf,
): ResourceGraphStatus {
  const { generation, phase, message, counts } = snapshot;
  return {
    observedGeneration: generation,
    phase,
    ...(message ? { message: cut(message) } : {}),
    since: former?.phase === phase && former.since ? former.since : now,
    counts,
    nodes: since(shownNodes(snapshot.nodes), former?.nodes, now, sinceOf),
    ...record,
    conditions: conditionsOf(snapshot, former?.conditions, now),
    ...sinceThen(snapshot, former),
  };
}

/** What a status remembers, also where the present snapshot does not speak of it. */
function sinceThen(snapshot: Snapshot, former: ResourceGraphStatus | undefined) {
  const { phase, reconcileAt } = snapshot;
  const isHandled = phase === "Ready" || phase === "Degraded" || phase === "Failed";
  const handledReconcileAt = isHandled && reconcileAt ? reconcileAt : former?.handledReconcileAt;
  const drift = snapshot.drift ?? former?.drift ?? [];
  return {
    ...(handledReconcileAt ? { handledReconcileAt } : {}),
    ...(drift.length > 0 ? { drift: [...drift] } : {}),
    ...(snapshot.adoption ? { adoption: snapshot.adoption } : {}),
  };
}

export const sameStatus = (a: object | undefined, b: object | undefined): boolean =>
  a !== undefined && b !== undefined && sameJson(a, b);

type Outcome = Pick<Snapshot, "generation" | "phase" | "message" | "reason">;

/** Ready, Reconciling and Stalled by the conventions that kstatus reads. */
export function conditionsOf(
  { generation, phase, message = "", reason = phase }: Outcome,
  former: readonly Condition[] | undefined,
  now: string,
): Condition[] {
  const busy = phase === "Pending" || phase === "Executing" || phase === "Deleting";
  const stalled = phase === "Failed";
  const condition = (type: string, isTrue: boolean): Condition => {
    const status = isTrue ? ("True" as const) : ("False" as const);
    const old = former?.find((one) => one.type === type);
    return {
      type,
      status,
      reason,
      message: cut(message),
      observedGeneration: generation,
      lastTransitionTime: old?.status === status ? old.lastTransitionTime : now,
    };
  };
  return [
    condition("Ready", phase === "Ready"),
    condition("Reconciling", busy),
    condition("Stalled", stalled),
  ];
}
