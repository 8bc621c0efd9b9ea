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

/** Whether a node waits or is blocked makes no difference: it is blocked where another has failed. Pure. */
export function outlookOf(run: Run, leaving: readonly Leaving[], suspended: boolean): Outlook {
  const tally: Tally = { failed: 0, unready: 0, degraded: 0, loud: 0 };
  for (const { state } of run.nodes.values()) count(tally, state);
  for (const one of leaving) count(tally, stateOfLeaving(one));
  return { phase: suspended ? "Suspended" : phaseOf(tally), isQuiet: tally.loud === 0 };
}

/** How many nodes stand how. */
interface Tally {
  failed: number;
  unready: number;
  degraded: number;
  loud: number;
}

function count(tally: Tally, state: NodeState): void {
  if (isFailure(state)) tally.failed += 1;
  if (!SETTLED.includes(state)) tally.unready += 1;
  if (state === "Degraded") tally.degraded += 1;
  if (!QUIET.includes(state)) tally.loud += 1;
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
  const { phase } = outlookOf(run, leaving, suspended);
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
function phaseOf({ failed, unready, degraded }: Tally): GraphPhase {
  if (failed > 0) return "Failed";
  if (unready === 0) return "Ready";
  return degraded === unready ? "Degraded" : "Executing";
}

function messageOf(phase: GraphPhase, nodes: readonly NodeStatus[], counts: Counts): string | undefined {
  if (phase === "Ready" || phase === "Suspended") return undefined;
  const unready = nodes.filter((node) => !isSettled(node));
  const first = unready.find(isFailed) ?? unready.find(({ message }) => message) ?? unready[0];
  const says = first ? `${first.kind} ${first.name}: ${first.message ?? first.state}` : "";
  if (phase === "Failed") return counts.failed > 1 ? `${says} (and ${counts.failed - 1} more failed)` : says;
  return `${counts.ready} of ${counts.total} ready; ${says}`;
}
