import type { LiveObject } from "../../kube/index.ts";
import { at, type ConditionSeen, type Readiness, text } from "../model.ts";
import { conditionsOf, failed, isBehind, progressing, READY } from "./conditions.ts";

/** Conditions that are bad where they are True, and those that are good. The first that is there decides. */
const BAD = ["Stalled", "Failed", "Failure"] as const;
const GOOD = ["Ready", "Available", "Healthy", "Established", "Succeeded", "Complete", "Completed"] as const;
/** These alone do not say ready, but where one is False nothing will be (Crossplane, Config Connector, Gateway API). */
const NEEDED = ["Synced", "Accepted", "Reconciled"] as const;

const UNDER_WAY = words(
  "pending creating provisioning initializing initialising installing starting waiting queued scheduling",
  "updating upgrading modifying scaling progressing inprogress reconciling applying restoring backingup deleting",
  "terminating unknown new notready unavailable",
);
const BROKEN = words("failed failure error errored invalid rejected crashed broken lost");

/**
 * Any object, by the conventions that controllers follow: observedGeneration, then conditions, then `status.phase` or
 * `status.state`. An object that says nothing of itself is ready as soon as it is there, and is marked `silent`: its
 * controller may not have had its turn. Nothing here knows a kind.
 */
export function generic(object: LiveObject): Readiness {
  if (isBehind(object)) return progressing("its controller has not seen the newest generation");
  const conditions = new Map(conditionsOf(object).map((one) => [one.type, one]));
  return byConditions(conditions) ?? byPhase(object) ?? { ...READY, silent: saysNothing(object) };
}

function byConditions(conditions: ReadonlyMap<string, ConditionSeen>): Readiness | undefined {
  const find = (types: readonly string[]) => types.map((type) => conditions.get(type)).find((one) => one);
  const bad = BAD.map((type) => conditions.get(type)).find((one) => one?.status === "True");
  if (bad) return failed(bad.message ?? bad.type);
  const reconciling = conditions.get("Reconciling");
  if (reconciling?.status === "True") return progressing(reconciling.message ?? "reconciling");
  const unmet = NEEDED.map((type) => conditions.get(type)).find((one) => one?.status === "False");
  if (unmet) return progressing(unmet.message ?? `${unmet.type} is False`);
  const good = find(GOOD);
  if (!good) return undefined;
  if (good.status === "True") return READY;
  return progressing(good.message ?? `${good.type} is ${good.status}`);
}

function byPhase(object: LiveObject): Readiness | undefined {
  const phase = text(at(object, "status", "phase")) ?? text(at(object, "status", "state"));
  if (phase === undefined) return undefined;
  const word = phase.toLowerCase().replace(/[^a-z]/g, "");
  const says = text(at(object, "status", "message")) ?? text(at(object, "status", "reason"));
  const message = says ? `${phase}: ${says}` : `it is ${phase}`;
  if (BROKEN.has(word)) return failed(message);
  return UNDER_WAY.has(word) ? progressing(message) : READY;
}

const saysNothing = (object: LiveObject): boolean =>
  object.status === undefined || Object.keys(object.status as object).length === 0;

function words(...lines: string[]): ReadonlySet<string> {
  return new Set(lines.flatMap((line) => line.split(" ")));
}
