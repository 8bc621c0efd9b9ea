import type { Counts } from "../../protocol/resources/common.ts";
import type { GraphPhase, NodeState, NodeStatus } from "../../protocol/resources/graph.ts";
import type { ObjectRef } from "../kube/index.ts";
import { blockedNodes } from "./blocked.ts";
import type { Inventory } from "./inventory.ts";
import type { NodeRun, Run } from "./node-run.ts";
import { isFailed, isFailure, nodeStatus } from "./node-status.ts";
import type { Snapshot } from "./status.ts";

/** An object that is on its way out. */
export interface Leaving {
  key: string;
  ref: ObjectRef;
  message?: string;
  failed: boolean;
  /** It stays for now. */
  kept: boolean;
}

/** How something stands, without saying of what: cheap enough to ask at each step. */
export interface Outlook {
  phase: GraphPhase;
  /** Nothing in it is worth a write before it comes to rest: what comes next says more. */
  isQuiet: boolean;
}

const QUIET: readonly NodeState[] = ["Ready", "Applying", "Waiting"];

/** The same phase as the snapshot's. Pure. */
export function outlookOf(run: Run, leaving: readonly Leaving[], suspended: boolean): Outlook {
  const states = [...run.nodes.values()].map(({ state }) => state).concat(leaving.map(stateOfLeaving));
  const isQuiet = states.every((state) => QUIET.includes(state));
  return { phase: suspended ? "Suspended" : phaseOf(states), isQuiet };
}

/** How a run stands. Pure. */
export function snapshotOf(
  run: Run,
  inventory: Inventory,
  leaving: readonly Leaving[],
  suspended: boolean,
): Snapshot {
  const blocked = blockedNodes(run.graph, run.schedule, (id) => isFailed(run.nodes.get(id) as NodeRun));
  const nodes = [
    ...run.graph.order.map((id) => nodeStatus(run, run.nodes.get(id) as NodeRun, blocked.get(id), inventory)),
    ...leaving.map(leavingStatus),
  ];
  const counts = countsOf(nodes);
  const phase = suspended ? "Suspended" : phaseOf(nodes.map(({ state }) => state));
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

const stateOfLeaving = ({ failed, kept }: Leaving): NodeState =>
  failed ? "Failed" : kept ? "Kept" : "Pruning";

const leavingStatus = (one: Leaving): NodeStatus => ({
  id: one.key,
  kind: one.ref.kind,
  ...(one.ref.namespace ? { namespace: one.ref.namespace } : {}),
  name: one.ref.name,
  state: stateOfLeaving(one),
  ...(one.message ? { message: one.message } : {}),
});

const SETTLED: readonly NodeState[] = ["Ready", "Drifted", "Disabled", "Kept"];
/** Where nothing is to be done about it, by anybody's wish: it counts as ready. */
const isSettled = ({ state }: NodeStatus) => SETTLED.includes(state);

function countsOf(all: readonly NodeStatus[]): Counts {
  const nodes = all.filter(({ state }) => state !== "Kept");
  return {
    total: nodes.length,
    ready: nodes.filter(isSettled).length,
    failed: nodes.filter(isFailed).length,
  };
}

/** A failure is said as soon as it stands, whatever else goes on beside it. */
function phaseOf(states: readonly NodeState[]): GraphPhase {
  if (states.some(isFailure)) return "Failed";
  const unready = states.filter((state) => !SETTLED.includes(state));
  if (unready.length === 0) return "Ready";
  return unready.every((state) => state === "Degraded") ? "Degraded" : "Executing";
}

function messageOf(phase: GraphPhase, nodes: readonly NodeStatus[], counts: Counts): string | undefined {
  if (phase === "Ready" || phase === "Suspended") return undefined;
  const unready = nodes.filter((node) => !isSettled(node));
  const first = unready.find(isFailed) ?? unready.find(({ message }) => message) ?? unready[0];
  const says = first ? `${first.kind} ${first.name}: ${first.message ?? first.state}` : "";
  if (phase === "Failed") return counts.failed > 1 ? `${says} (and ${counts.failed - 1} more failed)` : says;
  return `${counts.ready} of ${counts.total} ready; ${says}`;
}
