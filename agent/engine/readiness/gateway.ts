import type { LiveObject } from "../../kube/index.ts";
import { at, list, type Readiness, text } from "../model.ts";
import { conditionOf, failed, isBehind, progressing, READY } from "./conditions.ts";

/** Gateway API: each controller speaks in conditions of its own, per parent for routes. */

export function gateway(object: LiveObject): Readiness {
  const accepted = conditionOf(object, "Accepted");
  // `Pending` is what the definition's default says before any controller has looked.
  if (accepted?.status === "False" && accepted.reason !== "Pending")
    return failed(text(accepted.message) ?? "the gateway was not accepted");
  const programmed = conditionOf(object, "Programmed");
  if (programmed?.status === "True" && !isStale(object, programmed)) return READY;
  return progressing(text(programmed?.message) ?? "not programmed yet");
}

export function gatewayClass(object: LiveObject): Readiness {
  const accepted = conditionOf(object, "Accepted");
  if (accepted?.status === "True") return READY;
  return progressing(text(accepted?.message) ?? "no controller has accepted it");
}

export function route(object: LiveObject): Readiness {
  const parents = list(at(object, "status", "parents"));
  if (list(at(object, "spec", "parentRefs")).length === 0) return READY;
  if (parents.length === 0) return progressing("no gateway has taken it up yet");
  for (const parent of parents) {
    const name = text(at(parent, "parentRef", "name")) ?? "its gateway";
    for (const type of ["Accepted", "ResolvedRefs"]) {
      const one = list(at(parent, "conditions")).find((each) => at(each, "type") === type);
      if (at(one, "status") === "True" && !isStale(object, one)) continue;
      return progressing(`${name}: ${text(at(one, "message")) ?? `not ${type} yet`}`);
    }
  }
  return READY;
}

const isStale = (object: LiveObject, condition: unknown): boolean => {
  const { generation } = object.metadata;
  return isBehind({
    ...object,
    metadata: { ...object.metadata, generation: generation ?? 0 },
    status: condition,
  });
};
