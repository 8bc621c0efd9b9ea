import type { LiveObject } from "../../kube/index.ts";
import { at, list, numberOr, type Readiness, text } from "../model.ts";
import { conditionOf, failed, generic, isBehind, progressing, READY } from "./conditions.ts";

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
