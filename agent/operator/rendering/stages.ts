import type { Condition } from "../../../protocol/resources/common.ts";
import type { StaleSource } from "../../../protocol/resources/render-report.ts";
import { cut } from "../../engine/shown-nodes.ts";
import type { Standing } from "./attempt.ts";
import type { Stage } from "./failure.ts";
import { denialOf } from "./outcomes.ts";

const STAGES: readonly Stage[] = ["Fetched", "Validated", "Rendered"];

interface Verdict {
  status: Condition["status"];
  reason: string;
  message: string;
}

/** Fetched, Validated, Rendered, of whatever comes from a module. */
export function stageConditions(
  standing: Standing | undefined,
  former: readonly Condition[] | undefined,
  generation: number,
  now: string,
): Condition[] {
  return STAGES.flatMap((type) => {
    const old = former?.find((one) => one.type === type);
    const verdict = standing && verdictOf(type, standing);
    if (!verdict) return old ? [old] : [];
    const { status, reason, message } = verdict;
    const lastTransitionTime = old?.status === status ? old.lastTransitionTime : now;
    return [
      { type, status, reason, message: cut(message), observedGeneration: generation, lastTransitionTime },
    ];
  });
}

/** undefined: it stays as it was said last. */
function verdictOf(stage: Stage, standing: Standing): Verdict | undefined {
  if (standing.state === "working") return undefined;
  const good = (reason: string, message = ""): Verdict => ({ status: "True", reason, message });
  if (standing.state === "failed") {
    const { error } = standing;
    const distance = STAGES.indexOf(stage) - STAGES.indexOf(error.stage);
    if (distance === 0) return { status: "False", reason: error.reason, message: error.message };
    if (distance > 0) return { status: "Unknown", reason: "NotReached", message: `not ${error.stage} yet` };
    return stage === "Validated" ? { status: "Unknown", reason: "NotRendered", message: "" } : good(stage);
  }
  const { source } = standing.good;
  if (stage === "Fetched") return source.stale ? good("Stale", source.stale.reason) : good("Fetched");
  const denial = denialOf(standing.good);
  if (denial === undefined) return good(stage);
  return { status: "False", reason: "PolicyDenied", message: stage === "Validated" ? denial : "" };
}

/** What was stale before is stale since then, whoever says so now. */
export const staleSince = (stale: StaleSource, former: StaleSource | undefined): StaleSource => ({
  since: former?.since ?? stale.since,
  reason: cut(former?.reason ?? stale.reason),
});

/** What a person is told who sees nothing else wrong. */
export const staleMessage = ({ since, reason }: StaleSource): string =>
  cut(`its source cannot be looked at again since ${since}; what was fetched before goes on: ${reason}`);
