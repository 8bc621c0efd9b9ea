import type { Adopt, AdoptResource } from "../../protocol/resources/adopt.ts";
import { type Adopted, type AdoptionStatus, MAX_ADOPTED } from "../../protocol/resources/graph.ts";
import type { GraphNode } from "./model.ts";
import type { Owner } from "./ownership.ts";

/** An object that is there and that the policy names or selects. */
export interface Candidate {
  kind: string;
  namespace?: string | undefined;
  name: string;
  owner: Owner;
  /** `namespace/name` of the graph whose mark it has. */
  graphKey?: string | undefined;
  /** Another tool's inventory, as `adopt.owners` names it. */
  otherOwner?: string | undefined;
  disabled: boolean;
  /** Managers whose fields would be taken. */
  managers: readonly string[];
  readiness: string;
}

/** What becomes of a candidate; `mode`: of the node that names it, undefined where none does. Pure. */
export function verdictOn(
  candidate: Candidate,
  mode: GraphNode["mode"] | undefined,
  policy: Pick<Adopt, "strategy" | "owners" | "dryRun">,
): Pick<Adopted, "state" | "message" | "owner"> {
  const { owner, graphKey, otherOwner } = candidate;
  if (policy.strategy === "Mirror") return { state: "Mirrored", message: candidate.readiness };
  if (owner === "ours") return { state: "Taken" };
  const refuse = (message: string, of?: string) => ({
    ...{ state: "Refused" as const, message },
    ...(of ? { owner: of } : {}),
  });
  if (owner === "other") return refuse(`it belongs to the graph ${graphKey}`, `graph:${graphKey}`);
  if (otherOwner && !policy.owners?.includes(otherOwner))
    return refuse(`it belongs to ${otherOwner}; adopt.owners does not name that`, otherOwner);
  if (mode === undefined) return refuse("no node of the graph names it, and nothing else is ever written");
  if (mode === "Observe" || mode === "Create") return refuse(`its node's mode is ${mode}`);
  if (candidate.disabled) return refuse("its annotation kubenova.io/reconcile is 'disabled'");
  return { state: "WouldTake", message: policy.dryRun ? "adopt.dryRun is on" : "not taken yet" };
}

/** Whether an object of these labels would be selected. Pure. */
export function isSelected(
  { name, selector }: Pick<AdoptResource, "name" | "selector">,
  object: { name: string; labels?: Record<string, string> | undefined },
): boolean {
  if (name !== undefined || !selector) return name === object.name;
  const { labels = {} } = object;
  const { matchLabels = {}, matchExpressions = [] } = selector;
  const isMatched = Object.entries(matchLabels).every(([key, value]) => labels[key] === value);
  return (
    isMatched &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      const value = labels[key];
      if (operator === "Exists") return value !== undefined;
      if (operator === "DoesNotExist") return value === undefined;
      const isIn = value !== undefined && values.includes(value);
      return operator === "In" ? isIn : !isIn;
    })
  );
}

/** Whether the policy names a node's object as it will be; `namespace`: the graph's. Pure. */
export const selectsNode = (
  { resources }: Pick<Adopt, "resources">,
  { ref, object }: Pick<GraphNode, "ref" | "object">,
  namespace: string,
): boolean =>
  resources.some(
    (resource) =>
      resource.kind === ref.kind &&
      resource.apiVersion === ref.apiVersion &&
      (ref.namespace ?? namespace) === namespace &&
      isSelected(resource, { name: ref.name, labels: object.metadata.labels }),
  );

/** A selector as the API server takes it in a query. Pure. */
export function selectorText({ matchLabels = {}, matchExpressions = [] }: Selector): string {
  const labels = Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`);
  const expressions = matchExpressions.map(({ key, operator, values = [] }) => {
    if (operator === "Exists") return key;
    if (operator === "DoesNotExist") return `!${key}`;
    return `${key} ${operator === "In" ? "in" : "notin"} (${values.join(",")})`;
  });
  return [...labels, ...expressions].join(",");
}
type Selector = NonNullable<AdoptResource["selector"]>;

const FIRST: readonly Adopted["state"][] = ["Refused", "WouldTake", "Mirrored", "Taken"];

/** The part of the status: those that are refused first, else by kind and name. Pure. */
export function adoptionStatus(all: readonly Adopted[]): AdoptionStatus {
  const keyOf = ({ state, kind, namespace, name }: Adopted) =>
    `${FIRST.indexOf(state)} ${kind} ${namespace ?? ""} ${name}`;
  return {
    taken: all.filter(({ state }) => state === "Taken").length,
    refused: all.filter(({ state }) => state === "Refused").length,
    resources: [...all].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)).slice(0, MAX_ADOPTED),
  };
}
