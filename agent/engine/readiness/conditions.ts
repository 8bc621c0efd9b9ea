import type { LiveObject } from "../../kube/index.ts";
import { at, type ConditionSeen, list, numberOr, type Readiness, text } from "../model.ts";

export const READY: Readiness = { state: "Ready" };
export const progressing = (message: string): Readiness => ({ state: "Progressing", message });
export const failed = (message: string): Readiness => ({ state: "Failed", message });

/** One that speaks of an older generation says nothing of this one: it is Unknown. */
export function conditionsOf(object: LiveObject): ConditionSeen[] {
  const generation = numberOr(object.metadata.generation, 0);
  return list(at(object, "status", "conditions")).flatMap((one) => {
    const type = text(at(one, "type"));
    const status = text(at(one, "status"));
    if (type && numberOr(at(one, "observedGeneration"), generation) < generation)
      return [{ type, status: "Unknown", message: `${type} is of an older generation` }];
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
