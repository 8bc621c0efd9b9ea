import type {
  ResolvedCueRef,
  TransformPhase,
  TransformStatus,
} from "../../../protocol/resources/transform.ts";
import { cut } from "../../engine/shown-nodes.ts";
import type { Standing } from "../rendering/attempt.ts";
import { bounded, shortDigest } from "../rendering/graph.ts";
import type { Source } from "../rendering/job.ts";
import { stageConditions, staleSince } from "../rendering/stages.ts";
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
  return {
    digest,
    short: shortDigest(digest),
    ...(revision === undefined ? {} : { revision }),
    fetchedAt: isSame ? former.fetchedAt : fetchedAt,
    ...(stale ? { stale: staleSince(stale, isSame ? former.stale : undefined) } : {}),
  };
}
