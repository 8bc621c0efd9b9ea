import { hashOf } from "../../engine/model.ts";
import { errorText } from "../../log.ts";
import type { Good, Standing } from "./attempt.ts";
import { RenderingError } from "./failure.ts";
import type { About, Rendered } from "./job.ts";
import { LASTING } from "./outcomes.ts";

/** What becomes of a wish after an attempt, and what of that is worth saying. Pure. */
export const goodOf = (about: About, rendered: Rendered): Good & Pick<Rendered, "nodes"> => ({
  ...{ ...about, ...rendered },
  nodesHash: hashOf(rendered.nodes),
});

/** What is known already of what was gathered: an evaluation of the same has the same end. */
export function sameAs(
  { standing, renderHash }: { standing: Standing; renderHash?: string },
  about: About,
): Standing | undefined {
  if (renderHash !== about.renderHash) return undefined;
  if (standing.state === "rendered") return { state: "rendered", good: { ...standing.good, ...about } };
  if (standing.state === "failed" && standing.error.retry === "never" && standing.error.stage !== "Fetched")
    return { ...standing, about };
  return undefined;
}

/** A source that is away takes nothing from what was rendered from it before: that is stale, and said to be. */
export function failedOr(
  standing: Standing,
  error: RenderingError,
  about: About | undefined,
  now: number,
): Standing {
  const isAway = error.stage === "Fetched" && error.retry === "soon";
  if (standing.state === "rendered" && isAway) {
    const { good } = standing;
    const stale = good.source.stale ?? { since: new Date(now).toISOString(), reason: error.message };
    return { state: "rendered", good: { ...good, source: { ...good.source, stale } } };
  }
  return { state: "failed", error, failures: 0, ...(about ? { about } : {}) };
}

export const staleRetry = (standing: Standing) =>
  standing.state === "rendered" && standing.good.source.stale ? ("soon" as const) : undefined;

/** What a resource's status would say: only a change of that wakes its controller. */
export function said(standing: Standing): object {
  if (standing.state === "working") return { state: standing.state };
  const source = (about: About | undefined) => [
    about?.source.digest ?? "",
    about?.source.revision ?? "",
    about?.source.stale !== undefined,
  ];
  if (standing.state === "failed") {
    const { stage, reason, errors } = standing.error;
    const { state, failures, about } = standing;
    return { state, stage, reason, errors, isLasting: failures >= LASTING, source: source(about) };
  }
  const { policies, renderHash, nodesHash, violations, nodes } = standing.good;
  const holds = nodes !== undefined;
  return { source: source(standing.good), policies, renderHash, nodesHash, violations, holds };
}

/** A fault of ours or of the renderer's process: no verdict, so it is tried again. */
export const fault = (error: unknown): RenderingError =>
  new RenderingError({
    stage: "Rendered",
    reason: "RendererUnavailable",
    retry: "soon",
    errors: [{ message: errorText(error) }],
  });
