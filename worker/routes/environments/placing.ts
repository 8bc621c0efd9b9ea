import { KubeNovaError } from "../../../domain/errors/index.ts";
import {
  MAX_PLACEMENTS,
  type PlacementProblem,
  placementProblem,
} from "../../../domain/tenancy/placement.ts";
import type { Call } from "../../routing/call.ts";
import type { Candidate, NamespaceHolder } from "../../store/placements.ts";
import type { Placement } from "../../store/schema/index.ts";
import { clusterObject } from "../clusters/write.ts";

export interface PlacingFacts {
  tenantId: string;
  /** The environment, where it exists already. */
  environmentId: string | undefined;
  namespace: string;
  /** The namespace existed before; whoever takes it over gets `edit` there, so the cluster's owner decides. */
  adopted: boolean;
  delivery: "direct" | "git";
  candidate: Candidate | undefined;
  holders: NamespaceHolder[];
}

/**
 * The cluster, where the environment may be placed on it.
 * @throws KubeNovaError KN-1308, KN-1310
 */
export function placeOn(call: Call, cluster: string, facts: PlacingFacts): Candidate {
  const problem = placementProblem(facts.candidate, facts.tenantId, facts.delivery);
  if (problem === "read-only") throw readOnly(cluster);
  if (problem || !facts.candidate) throw refusal(call, cluster, problem ?? "unknown");
  if (facts.adopted) call.require("environment:adopt", clusterObject(facts.candidate));
  const held = facts.holders.some((holder) => holder.environmentId !== facts.environmentId);
  if (held) {
    throw new KubeNovaError(
      "KN-1308",
      `The namespace '${facts.namespace}' of the cluster '${cluster}' belongs to another environment.`,
      { cluster, namespace: facts.namespace, reason: "namespace-taken" },
    );
  }
  return facts.candidate;
}

/** Who may not see clusters is not told which of them exist. */
function refusal(call: Call, cluster: string, problem: PlacementProblem): KubeNovaError {
  const seesClusters = call.can("cluster:get", {});
  return new KubeNovaError("KN-1308", `There is no cluster '${cluster}' that this tenant may be placed on.`, {
    cluster,
    ...(seesClusters ? { reason: problem } : {}),
  });
}

export const readOnly = (cluster: string): KubeNovaError =>
  new KubeNovaError(
    "KN-1310",
    `The cluster '${cluster}' is read-only: an environment there needs "delivery": "git".`,
    { cluster },
  );

/** Placements with one more, the oldest forgotten beyond what is kept. */
export const withPlacement = (before: Placement[], next: Placement): Placement[] =>
  [...before, next].slice(-MAX_PLACEMENTS);
