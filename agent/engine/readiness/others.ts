import type { LiveObject } from "../../kube/index.ts";
import { at, list, numberOr, type Readiness, text } from "../model.ts";
import { conditionOf, failed, isBehind, progressing, READY } from "./conditions.ts";
import { generic } from "./generic.ts";

export function service(object: LiveObject): Readiness {
  const type = text(at(object, "spec", "type")) ?? "ClusterIP";
  if (type === "ExternalName") return READY;
  if (!text(at(object, "spec", "clusterIP"))) return progressing("no cluster address yet");
  if (type !== "LoadBalancer") return READY;
  return list(at(object, "status", "loadBalancer", "ingress")).length > 0
    ? READY
    : progressing("no load balancer address yet");
}

/** A claim whose class binds at the first pod stays Pending until then: waiting for it would wait for ever. */
export function claim(object: LiveObject): Readiness {
  const phase = text(at(object, "status", "phase")) ?? "Pending";
  if (phase === "Lost") return failed("the claim has lost its volume");
  return READY;
}

export function disruptionBudget(object: LiveObject): Readiness {
  if (isBehind(object) || at(object, "status", "observedGeneration") === undefined)
    return progressing("its controller has not seen it yet");
  const healthy = numberOr(at(object, "status", "currentHealthy"), 0);
  const desired = numberOr(at(object, "status", "desiredHealthy"), 0);
  return healthy < desired ? progressing(`${healthy} of ${desired} pods healthy`) : READY;
}

export function definition(object: LiveObject): Readiness {
  const names = conditionOf(object, "NamesAccepted");
  if (names?.status === "False") return failed(text(names.message) ?? "its names are taken");
  return conditionOf(object, "Established")?.status === "True" ? READY : progressing("not established yet");
}

export function namespace(object: LiveObject): Readiness {
  const phase = text(at(object, "status", "phase"));
  return phase === "Active" ? READY : progressing(`the namespace is ${phase ?? "not active yet"}`);
}

export function apiService(object: LiveObject): Readiness {
  const available = conditionOf(object, "Available");
  return available ? generic(object) : progressing("not available yet");
}

export function volume(object: LiveObject): Readiness {
  const phase = text(at(object, "status", "phase")) ?? "Pending";
  if (phase === "Failed") return failed(text(at(object, "status", "message")) ?? "the volume failed");
  return phase === "Pending" ? progressing("the volume is Pending") : READY;
}

/**
 * Without metrics an autoscaler never becomes active, and what depends on it could wait for ever: it is ready once it
 * reaches its target, and says what it lacks.
 */
export function autoscaler(object: LiveObject): Readiness {
  const able = conditionOf(object, "AbleToScale");
  if (able?.status === "False" && able.reason === "FailedGetScale")
    return progressing(text(able.message) ?? "its target is not there");
  const active = conditionOf(object, "ScalingActive");
  const lacks =
    active?.status === "False" && active.reason !== "ScalingDisabled" ? text(active.message) : undefined;
  return lacks ? { ...READY, message: lacks } : READY;
}

export function signingRequest(object: LiveObject): Readiness {
  for (const type of ["Denied", "Failed"]) {
    const one = conditionOf(object, type);
    if (one?.status === "True") return failed(text(one.message) ?? `the request is ${type}`);
  }
  if (conditionOf(object, "Approved")?.status !== "True") return progressing("not approved yet");
  return text(at(object, "status", "certificate")) ? READY : progressing("not signed yet");
}

/** The server has read its expressions; what it warns of would fail at each request. */
export function admissionPolicy(object: LiveObject): Readiness {
  if (isBehind(object)) return progressing("the API server has not checked it yet");
  const [warning] = list(at(object, "status", "typeChecking", "expressionWarnings"));
  const says = text(at(warning, "warning"));
  return says ? { ...READY, message: `${text(at(warning, "fieldRef")) ?? "expression"}: ${says}` } : READY;
}
