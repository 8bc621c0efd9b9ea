import type { Counts } from "../../protocol/resources/common.ts";
import type { GraphPhase, NodeStatus } from "../../protocol/resources/graph.ts";
import type { ObjectRef } from "../kube/index.ts";
import type { NodeRun, Run } from "./node-run.ts";
import { whyBlocked } from "./schedule.ts";
import type { Snapshot } from "./status.ts";

/** An object that is on its way out. */
export interface Leaving {
  key: string;
  ref: ObjectRef;
  message?: string;
  failed: boolean;
}

/** How a run stands. Pure. */
export function snapshotOf(run: Run, leaving: readonly Leaving[], suspended: boolean): Snapshot {
  const held = behindFailures(run);
  const nodes = [...run.graph.order.map((id) => nodeStatus(run, id, held)), ...leaving.map(leavingStatus)];
  const counts = countsOf(nodes);
  const phase = suspended ? "Suspended" : phaseOf(nodes);
  const message = messageOf(phase, nodes, counts);
  return {
    generation: run.generation,
    phase,
    counts,
    nodes,
    ...(message ? { message } : {}),
    ...(phase === "Failed" ? { reason: "NodesFailed" } : {}),
  };
}

/** How a deletion stands. Pure. */
export function deletionSnapshot(generation: number, leaving: readonly Leaving[]): Snapshot {
  const nodes = leaving.map(leavingStatus);
  const stuck = leaving.find((one) => one.message);
  return {
    generation,
    phase: "Deleting",
    counts: countsOf(nodes),
    nodes,
    message: stuck
      ? `${stuck.key}: ${stuck.message}`
      : `${leaving.length} object${leaving.length === 1 ? "" : "s"} to go`,
  };
}

function nodeStatus(run: Run, id: string, held: ReadonlySet<string>): NodeStatus {
  const one = run.nodes.get(id) as NodeRun;
  const { ref } = one.node;
  const why = run.schedule.isFree(id)
    ? undefined
    : whyBlocked(run.schedule, id, (other) => describe(run, other));
  const isWaiting = why !== undefined && one.state === "Waiting";
  const state = isWaiting && held.has(id) ? "Blocked" : one.state;
  const message = isWaiting ? why : one.message;
  return {
    id,
    kind: ref.kind,
    ...(ref.namespace ? { namespace: ref.namespace } : {}),
    name: ref.name,
    state,
    ...(message ? { message } : {}),
  };
}

/** Ids that a failure holds back, somewhere up their dependencies; the others' turn comes. */
function behindFailures(run: Run): Set<string> {
  const open = [...run.nodes.values()]
    .filter(({ state }) => state === "Failed" || state === "Refused")
    .map(({ node }) => node.id);
  const held = new Set<string>();
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const dependant of run.graph.dependants.get(next) ?? []) {
      if (held.has(dependant)) continue;
      held.add(dependant);
      open.push(dependant);
    }
  }
  return held;
}

function describe(run: Run, id: string): string {
  const one = run.nodes.get(id);
  if (one?.state === "Failed" || one?.state === "Refused")
    return `is ${one.state}${one.message ? ` (${one.message})` : ""}`;
  return one?.message ? `is not ready yet (${one.message})` : "is not ready yet";
}

const leavingStatus = ({ key, ref, message, failed }: Leaving): NodeStatus => ({
  id: key,
  kind: ref.kind,
  ...(ref.namespace ? { namespace: ref.namespace } : {}),
  name: ref.name,
  state: failed ? "Failed" : "Pruning",
  ...(message ? { message } : {}),
});

const isFailed = ({ state }: NodeStatus) => state === "Failed" || state === "Refused";

function countsOf(nodes: readonly NodeStatus[]): Counts {
  return {
    total: nodes.length,
    ready: nodes.filter(({ state }) => state === "Ready").length,
    failed: nodes.filter(isFailed).length,
  };
}

/** A failure is said as soon as it stands, whatever else goes on beside it. */
function phaseOf(nodes: readonly NodeStatus[]): GraphPhase {
  if (nodes.some(isFailed)) return "Failed";
  const unready = nodes.filter(({ state }) => state !== "Ready");
  if (unready.length === 0) return "Ready";
  return unready.every(({ state }) => state === "Degraded") ? "Degraded" : "Executing";
}

function messageOf(phase: GraphPhase, nodes: readonly NodeStatus[], counts: Counts): string | undefined {
  if (phase === "Ready" || phase === "Suspended") return undefined;
  const unready = nodes.filter(({ state }) => state !== "Ready");
  const first = unready.find(isFailed) ?? unready.find(({ message }) => message) ?? unready[0];
  const says = first ? `${first.kind} ${first.name}: ${first.message ?? first.state}` : "";
  if (phase === "Failed") return counts.failed > 1 ? `${says} (and ${counts.failed - 1} more failed)` : says;
  return `${counts.ready} of ${counts.total} ready; ${says}`;
}
