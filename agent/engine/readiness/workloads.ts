import type { LiveObject } from "../../kube/index.ts";
import { at, numberOr, type Readiness, text } from "../model.ts";
import { conditionOf, failed, isBehind, progressing, READY } from "./conditions.ts";
import { podTrouble } from "./pod-trouble.ts";

const count = (object: LiveObject, field: string) => numberOr(at(object, "status", field), 0);
const wanted = (object: LiveObject) => numberOr(at(object, "spec", "replicas"), 1);
/** Controllers of apps/v1 always write observedGeneration: without it nobody has looked yet. */
const unseen = (object: LiveObject) =>
  at(object, "status", "observedGeneration") === undefined || isBehind(object);
const UNSEEN = progressing("its controller has not seen it yet");

export function deployment(object: LiveObject): Readiness {
  if (unseen(object)) return UNSEEN;
  const rollout = conditionOf(object, "Progressing");
  if (rollout?.reason === "ProgressDeadlineExceeded")
    return failed(text(rollout.message) ?? "the rollout exceeded its deadline");
  const refused = replicaFailure(object);
  if (refused) return refused;
  const paused = at(object, "spec", "paused") === true ? "the rollout is paused: " : "";
  const replicas = wanted(object);
  const updated = count(object, "updatedReplicas");
  const total = count(object, "replicas");
  if (updated < replicas) return progressing(`${paused}${updated} of ${replicas} replicas updated`);
  if (total > updated) return progressing(`${total - updated} old replicas are still there`);
  return available(object, updated);
}

function available(object: LiveObject, updated: number): Readiness {
  const replicas = count(object, "availableReplicas");
  if (replicas < updated) return progressing(`${replicas} of ${updated} replicas available`);
  const ready = count(object, "readyReplicas");
  return ready < updated ? progressing(`${ready} of ${updated} replicas ready`) : READY;
}

export function statefulSet(object: LiveObject): Readiness {
  if (unseen(object)) return UNSEEN;
  const replicas = wanted(object);
  const ready = count(object, "readyReplicas");
  if (ready < replicas) return progressing(`${ready} of ${replicas} replicas ready`);
  // Pods are replaced by hand: what runs is what was asked for.
  if (at(object, "spec", "updateStrategy", "type") === "OnDelete") return READY;
  const partition = numberOr(at(object, "spec", "updateStrategy", "rollingUpdate", "partition"), 0);
  const updated = count(object, "updatedReplicas");
  const toUpdate = Math.max(0, replicas - partition);
  if (updated < toUpdate) return progressing(`${updated} of ${toUpdate} replicas updated`);
  if (partition > 0) return READY;
  const same = at(object, "status", "currentRevision") === at(object, "status", "updateRevision");
  return same ? READY : progressing("waits for the current revision to be the updated one");
}

export function daemonSet(object: LiveObject): Readiness {
  if (unseen(object)) return UNSEEN;
  const nodes = count(object, "desiredNumberScheduled");
  const updated = count(object, "updatedNumberScheduled");
  const onDelete = at(object, "spec", "updateStrategy", "type") === "OnDelete";
  if (!onDelete && updated < nodes) return progressing(`${updated} of ${nodes} pods updated`);
  const ready = Math.min(count(object, "numberAvailable"), count(object, "numberReady"));
  return ready < nodes ? progressing(`${ready} of ${nodes} pods available`) : READY;
}

export function replicaSet(object: LiveObject): Readiness {
  if (unseen(object)) return UNSEEN;
  const refused = replicaFailure(object);
  if (refused) return refused;
  const replicas = wanted(object);
  const ready = Math.min(count(object, "availableReplicas"), count(object, "readyReplicas"));
  return ready < replicas ? progressing(`${ready} of ${replicas} replicas ready`) : READY;
}

/** Pods that nobody may make: a quota, an admission, a missing account. */
function replicaFailure(object: LiveObject): Readiness | undefined {
  const failure = conditionOf(object, "ReplicaFailure");
  return failure?.status === "True" ? failed(text(failure.message) ?? "replicas cannot be made") : undefined;
}

/** A Job is ready when it has completed: what depends on it (a migration, a backup) wants its result. */
export function job(object: LiveObject): Readiness {
  const fault = conditionOf(object, "Failed");
  if (fault?.status === "True") return failed(text(fault.message) ?? "the job failed");
  if (conditionOf(object, "Complete")?.status === "True") return READY;
  if (conditionOf(object, "Suspended")?.status === "True") return progressing("the job is suspended");
  const { active = 0, succeeded = 0 } = (object.status ?? {}) as { active?: number; succeeded?: number };
  return progressing(`${active} pods active, ${succeeded} succeeded`);
}

export function pod(object: LiveObject): Readiness {
  const phase = text(at(object, "status", "phase"));
  if (phase === "Succeeded") return READY;
  if (phase === "Failed") return failed(text(at(object, "status", "message")) ?? "the pod failed");
  if (conditionOf(object, "Ready")?.status === "True") return READY;
  const trouble = podTrouble(object);
  if (trouble) return trouble.final ? failed(trouble.message) : progressing(trouble.message);
  return progressing(`the pod is ${phase ?? "Pending"}`);
}
