import type { ReadyWhen } from "../../protocol/resources/graph.ts";
import { groupKind, parseType } from "../kube/index.ts";
import { byExpression } from "./expressions.ts";
import type { Host } from "./host.ts";
import type { Readiness, Seen } from "./model.ts";
import type { NodeRun, Run } from "./node-run.ts";
import { failed, progressing } from "./readiness/conditions.ts";
import { nodeReadiness, readinessDetails } from "./readiness/index.ts";
import { isElsewhere } from "./sight.ts";

/** A workload that takes longer than this: its pods may say why. */
const PODS_AFTER_MS = 2_000;
/** How long an object that says nothing of itself is given, after an apply, for its controller to say something. */
const SILENCE_MS = 2_000;

const HAVE_PODS: readonly string[] = [
  ...["Deployment.apps", "StatefulSet.apps", "DaemonSet.apps", "ReplicaSet.apps", "Job.batch"],
  "ReplicationController",
];

/** The object is as this run wants it: how ready is it? */
export function settle(host: Host, run: Run, one: NodeRun, seen: Seen) {
  one.applied = true;
  one.attempts = 0;
  one.conflicts = undefined;
  one.failure = undefined;
  const judge = judgeOf(host, run, one);
  const readiness = patient(host, one, nodeReadiness(one.node.readyWhen, seen, judge));
  if (readiness.state === "Ready") return becomeReady(host, run, one, readiness.message ?? one.mutated);
  const { state, message } = inTime(host, one, explained(host, run, one, seen, readiness));
  one.message = message;
  one.readyDetails = readinessDetails(one.node.readyWhen, seen, judge);
  one.state = state === "Failed" ? "Failed" : one.wasReady ? "Degraded" : "Progressing";
  run.trace?.settled(one);
  host.changed();
}

/** Its dependants may start. */
export function becomeReady(host: Host, run: Run, one: NodeRun, message?: string): void {
  if (one.state !== "Ready" && !one.wasReady && one.appliedAt !== undefined)
    host.ctx.count.readyAfter((host.ctx.clock.monotonic() - one.appliedAt) / 1_000);
  one.applied = true;
  one.state = "Ready";
  one.message = message;
  one.readyDetails = undefined;
  one.wasReady = true;
  one.unreadySince = undefined;
  one.pods?.release();
  one.pods = undefined;
  for (const free of run.schedule.done(one.node.id)) host.poke(free);
  run.trace?.settled(one);
  host.changed();
}

/** Judges a node's expressions, each once a look: an evaluation costs more than all else here. */
function judgeOf(host: Host, run: Run, one: NodeRun): (check: ReadyWhen) => Readiness {
  const judged = new Map<ReadyWhen, Readiness>();
  return (check) => {
    const known = judged.get(check) ?? byExpression(host, run, one, check);
    judged.set(check, known);
    return known;
  };
}

/**
 * A custom resource without a status is ready, by the conventions; but just made it may merely not have been looked at.
 */
function patient(host: Host, one: NodeRun, readiness: Readiness): Readiness {
  if (!readiness.silent || !isCustom(one) || one.appliedAt === undefined) return readiness;
  const leftMs = one.appliedAt + SILENCE_MS - host.ctx.clock.monotonic();
  if (leftMs <= 0) return readiness;
  host.pokeAfter(one.node.id, leftMs);
  return progressing("its controller has said nothing yet");
}

/** Groups of Kubernetes itself have no dot, or end in k8s.io. */
function isCustom({ node }: NodeRun): boolean {
  const { group } = parseType(node.ref);
  return group.includes(".") && !group.endsWith(".k8s.io");
}

/** Where a workload is under way, its pods may know why, long before its own deadline. */
function explained(host: Host, run: Run, one: NodeRun, seen: Seen, readiness: Readiness): Readiness {
  const { ref } = one.node;
  const isPods = one.node.readyWhen.length === 0 && HAVE_PODS.includes(groupKind(ref));
  const now = host.ctx.clock.monotonic();
  one.unreadySince ??= now;
  if (!isPods || readiness.state !== "Progressing" || !ref.namespace) return readiness;
  const waitMs = one.unreadySince + PODS_AFTER_MS - now;
  if (waitMs > 0) {
    host.pokeAfter(one.node.id, waitMs);
    return readiness;
  }
  const place = { namespace: ref.namespace, ...(run.as && isElsewhere(run, ref) ? { as: run.as } : {}) };
  if (one.pods?.uid !== seen.uid) {
    one.pods?.release();
    const release = host.ctx.pods.hold(place, seen.uid, () => host.poke(one.node.id));
    one.pods = { uid: seen.uid, release };
  }
  const trouble = host.ctx.pods.troubleOf(place, seen.uid);
  if (!trouble) return readiness;
  const message = `${readiness.message}; ${trouble.message}`;
  return trouble.final ? failed(message) : progressing(message);
}

/** Past its time a node is Failed, and ready all the same once it is. */
export function inTime(host: Host, one: NodeRun, readiness: Readiness): Readiness {
  const { readyTimeoutMs } = one.node;
  const now = host.ctx.clock.monotonic();
  one.unreadySince ??= now;
  if (readyTimeoutMs === undefined || readiness.state !== "Progressing") return readiness;
  const leftMs = one.unreadySince + readyTimeoutMs - now;
  if (leftMs <= 0)
    return failed(`Timeout: not ready within ${readyTimeoutMs / 1_000} s: ${readiness.message}`);
  host.pokeAfter(one.node.id, leftMs);
  return readiness;
}
