import { MAX_BLOCKERS, type NodeState, type NodeStatus } from "../../protocol/resources/graph.ts";
import { type Blocked, whyBlocked } from "./blocked.ts";
import type { Held, Inventory } from "./inventory.ts";
import type { NodeRun, Run } from "./node-run.ts";

export const isFailure = (state: NodeState) => state === "Failed" || state === "Refused";
export const isFailed = ({ state }: Pick<NodeStatus, "state">) => isFailure(state);

/** What a node's status was last read from: most nodes stay as they are, and graphs are large. */
interface Read {
  from: readonly unknown[];
  status: NodeStatus;
}

const reads = new WeakMap<NodeRun, Read>();

/** How one node stands, and what keeps it from starting. Pure: the same as long as what it is read from is the same. */
export function nodeStatus(
  run: Run,
  one: NodeRun,
  blocked: Blocked | undefined,
  inventory: Inventory,
): NodeStatus {
  const held = inventory.get(one.node.key);
  // Why it waits is about other nodes.
  if (blocked && one.state === "Waiting") return waitingStatus(run, one, blocked, held);
  const { state, message, attempts, applied, readyDetails, conflicts, hash } = one;
  const from = [state, message, attempts, applied, readyDetails, conflicts, hash, held];
  const known = reads.get(one);
  if (known?.from.every((value, index) => value === from[index])) return known.status;
  const status = statusOfNode(one, held);
  reads.set(one, { from, status });
  return status;
}

function waitingStatus(run: Run, one: NodeRun, blocked: Blocked, held: Held | undefined): NodeStatus {
  return {
    ...statusOfNode(one, held),
    state: blocked.failed ? "Blocked" : "Waiting",
    message: whyBlocked(blocked, (other) => describe(run, other)),
    blockedBy: blocked.by.slice(0, MAX_BLOCKERS),
  };
}

function statusOfNode(one: NodeRun, held: Held | undefined): NodeStatus {
  const { id, ref } = one.node;
  return {
    id,
    kind: ref.kind,
    ...(ref.namespace ? { namespace: ref.namespace } : {}),
    name: ref.name,
    state: one.state,
    ...(one.message ? { message: one.message } : {}),
    ...(one.attempts > 0 ? { attempts: shownAttempts(one.attempts) } : {}),
    ...(one.attempts > 0 && one.message ? { lastError: one.message } : {}),
    ...(one.applied && one.readyDetails?.length ? { readyDetails: one.readyDetails } : {}),
    ...(held?.uid ? { uid: held.uid, hash: one.hash } : {}),
    ...(one.conflicts ? { conflicts: [...one.conflicts] } : {}),
    ...(held?.adopted ? { adopted: true } : {}),
  };
}

/** Exact up to 8, then the next lower power of two: a node that fails for ever does not write for ever. */
const shownAttempts = (attempts: number): number =>
  attempts < 8 ? attempts : 2 ** Math.floor(Math.log2(attempts));

function describe(run: Run, id: string): string {
  const one = run.nodes.get(id);
  if (one && isFailed(one)) return `is ${one.state}${one.message ? ` (${one.message})` : ""}`;
  return one?.message ? `is not ready yet (${one.message})` : "is not ready yet";
}
