import type { Condition } from "../../../protocol/resources/common.ts";
import type {
  ResolvedCueRef,
  TransformPhase,
  TransformStatus,
} from "../../../protocol/resources/transform.ts";
import { cut } from "../../engine/status.ts";
import type { Standing } from "../rendering/attempt.ts";
import type { Stage } from "../rendering/failure.ts";
import { bounded, shortDigest } from "../rendering/graph.ts";
import type { Source } from "../rendering/job.ts";
import { denialOf } from "../rendering/outcomes.ts";
import type { Transform } from "../resources.ts";
import { type Outcome, RESOURCE_PHASES, readyConditions } from "../status.ts";

export interface TransformNow {
  outcome: Outcome;
  standing: Standing | undefined;
  /** The graph that is there, whatever it was rendered from. */
  graph: TransformStatus["resourceGraphRef"];
}

/** Pure. What is not known yet (after a restart, say) stays as it was said last; times stay with what they speak of. */
export function transformStatus(
  { metadata, status }: Pick<Transform, "metadata" | "status">,
  { outcome, standing, graph }: TransformNow,
  now: string,
): TransformStatus {
  const former = status as TransformStatus | undefined;
  const generation = metadata.generation ?? 0;
  const phase = RESOURCE_PHASES[outcome.phase] as TransformPhase;
  const known = knownOf(standing, former);
  return {
    observedGeneration: generation,
    phase,
    ...(outcome.message ? { message: cut(outcome.message) } : {}),
    since: former?.phase === phase && former.since ? former.since : now,
    ...(graph ? { resourceGraphRef: graph } : {}),
    ...known,
    ...(outcome.counts ? { counts: outcome.counts } : {}),
    conditions: [
      ...stageConditions(standing, former?.conditions, generation, now),
      ...readyConditions(outcome, generation, former?.conditions, now),
    ],
  };
}

type Known = Pick<TransformStatus, "resolvedCueRef" | "policies" | "violations">;

function knownOf(standing: Standing | undefined, former: TransformStatus | undefined): Known {
  if (standing?.state === "rendered") {
    const { source, policies, violations } = standing.good;
    return {
      resolvedCueRef: resolved(source, former?.resolvedCueRef),
      ...(policies.length > 0 ? { policies } : {}),
      ...(violations.length > 0 ? { violations: bounded(violations) } : {}),
    };
  }
  const { resolvedCueRef, policies, violations } = former ?? {};
  const about = standing?.state === "failed" ? standing.about : undefined;
  const cueRef = about ? resolved(about.source, resolvedCueRef) : resolvedCueRef;
  return {
    ...(cueRef ? { resolvedCueRef: cueRef } : {}),
    ...(policies ? { policies } : {}),
    // Those of a rendering that is asked for no more would be misread as those of now.
    ...(violations && standing?.state !== "failed" ? { violations } : {}),
  };
}

function resolved(
  { digest, revision, fetchedAt, stale }: Source,
  former: ResolvedCueRef | undefined,
): ResolvedCueRef {
  const isSame = former?.digest === digest;
  const since = stale && isSame && former.stale ? former.stale : stale;
  return {
    digest,
    short: shortDigest(digest),
    ...(revision === undefined ? {} : { revision }),
    fetchedAt: isSame ? former.fetchedAt : fetchedAt,
    ...(since ? { stale: { since: since.since, reason: cut(since.reason) } } : {}),
  };
}

const STAGES: readonly Stage[] = ["Fetched", "Validated", "Rendered"];

interface Verdict {
  status: Condition["status"];
  reason: string;
  message: string;
}

function stageConditions(
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
