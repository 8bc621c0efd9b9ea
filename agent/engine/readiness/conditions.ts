import type { LiveObject } from "../../kube/index.ts";
import { at, type ConditionSeen, list, numberOr, type Readiness, text } from "../model.ts";

export const READY: Readiness = { state: "Ready" };
export const progressing = (message: string): Readiness => ({ state: "Progressing", message });
export const failed = (message: string): Readiness => ({ state: "Failed", message });

export function conditionsOf(object: LiveObject): ConditionSeen[] {
  return list(at(object, "status", "conditions")).flatMap((one) => {
    const type = text(at(one, "type"));
    const status = text(at(one, "status"));
    const message = text(at(one, "message")) ?? text(at(one, "reason"));
    return type && status ? [{ type, status, ...(message ? { message: message.slice(0, 512) } : {}) }] : [];
  });
}

export const conditionOf = (object: LiveObject, type: string): Record<string, unknown> | undefined =>
  list(at(object, "status", "conditions")).find((one) => at(one, "type") === type) as
    | Record<string, unknown>
    | undefined;

/** The controller has not yet looked at the newest specification. */
export function isBehind(object: LiveObject): boolean {
  const observed = at(object, "status", "observedGeneration");
  return typeof observed === "number" && observed < numberOr(object.metadata.generation, 0);
}

/**
 * Any object, by the conventions that controllers follow: observedGeneration, then Stalled and Failed, Reconciling,
 * Ready and Available. An object that says nothing of itself is ready as soon as it is there.
 */
export function generic(object: LiveObject): Readiness {
  if (isBehind(object)) return progressing("its controller has not seen the newest generation");
  const conditions = conditionsOf(object);
  const find = (type: string) => conditions.find((one) => one.type === type);
  for (const type of ["Stalled", "Failed"]) {
    const one = find(type);
    if (one?.status === "True") return failed(one.message ?? type);
  }
  const reconciling = find("Reconciling");
  if (reconciling?.status === "True") return progressing(reconciling.message ?? "reconciling");
  const ready = find("Ready") ?? find("Available");
  if (!ready || ready.status === "True") return READY;
  return progressing(ready.message ?? `${ready.type} is ${ready.status}`);
}
