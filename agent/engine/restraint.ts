import { ANNOTATION } from "../../domain/names/labels.ts";
import type { NodeState } from "../../protocol/resources/graph.ts";
import { askWhetherGone, lookAtDrift } from "./drift-look.ts";
import type { Host } from "./host.ts";
import type { Seen } from "./model.ts";
import type { NodeRun, Run } from "./node-run.ts";
import { soonestRetry } from "./retry.ts";
import { settle } from "./settle.ts";

/** What keeps a node from being written though it differs: a policy, a suspension, an annotation, or a doubt. */

/** Whether a drift of this node is set back, or only said. */
export const corrects = (run: Run, one: NodeRun): boolean =>
  !run.suspended && (one.node.drift ?? (run.reportsDrift ? "Report" : "Correct")) === "Correct";

/** Its annotation asks for it. */
export const leaveDisabled = (host: Host, run: Run, one: NodeRun, seen: Seen): void =>
  leave(host, run, one, seen, "Disabled", `left alone, as its annotation ${ANNOTATION.reconcile} asks`);

/** It may not be as this run wants it, and somebody wants that. What is not ready is said as such. */
function leave(host: Host, run: Run, one: NodeRun, seen: Seen, state: NodeState, message: string): void {
  settle(host, run, one, seen);
  if (one.state === "Ready") one.state = state;
  one.message = one.message ? `${message}; ${one.message}` : message;
  watchUnlabelled(host, run, one, seen);
}

export function reportDrift(host: Host, run: Run, one: NodeRun, seen: Seen) {
  if (one.drift?.hash === seen.liveHash) return leave(host, run, one, seen, "Drifted", one.drift.text);
  host.perform(one.node.key, one.node.id, () => lookAtDrift(host, run, one, seen));
}

export function awaitResume(host: Host, run: Run, one: NodeRun, seen: Seen | undefined): void {
  one.applied = false;
  one.state = "Waiting";
  one.message = seen
    ? "differs from the graph, which is suspended"
    : "is not there, and the graph is suspended";
  if (seen) watchUnlabelled(host, run, one, seen);
  host.changed();
}

/** What has no label of ours is in no watch of its kind. */
export function watchUnlabelled(host: Host, run: Run, one: NodeRun, seen: Seen): void {
  if (!seen.labelled) one.watch ??= host.ctx.cache.holdOne(one.node.ref, run.as);
}

/**
 * A watch by label says "deleted" of what only lost its label. An object that we know is asked for by name before
 * another is made in its place. True: wait for the answer.
 */
export function confirmGone(host: Host, run: Run, one: NodeRun): boolean {
  const uid = host.inventory.get(one.node.key)?.uid;
  if (uid === undefined || one.absent === uid) return false;
  host.perform(one.node.key, one.node.id, () => askWhetherGone(host, run, one, uid));
  return true;
}

/** A pause after a failure is cut short where the object has changed since. */
export function isPaused(host: Host, one: NodeRun, seen: Seen | undefined): boolean {
  const { failure } = one;
  if (failure && seen && seen.resourceVersion !== failure.resourceVersion)
    one.notBefore = Math.min(one.notBefore, failure.at + soonestRetry(one.attempts));
  const leftMs = one.notBefore - host.ctx.clock.monotonic();
  if (leftMs > 0 && Number.isFinite(leftMs)) host.pokeAfter(one.node.id, leftMs);
  return leftMs > 0;
}
