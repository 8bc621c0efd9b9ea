import { API_VERSION } from "../../../domain/desired/index.ts";
import { ANNOTATION } from "../../../domain/names/labels.ts";
import type { NovaAppSpec } from "../../../protocol/resources/app.ts";
import { MAX_REPORTED_VIOLATIONS, type RenderReport } from "../../../protocol/resources/render-report.ts";
import type { RenderedStatus } from "../../../protocol/resources/tenancy.ts";
import type { Violation } from "../../../protocol/resources/violation.ts";
import type { Standing } from "../rendering/attempt.ts";
import { bounded } from "../rendering/graph.ts";
import type { Order } from "../rendering/modules.ts";
import { type ActorOptions, actorOf } from "../rendering/reader.ts";
import { stageConditions, staleMessage, staleSince } from "../rendering/stages.ts";
import type { NovaApp } from "../resources.ts";
import { appLabels } from "./app.ts";

export type TransformSource = NonNullable<NovaAppSpec["source"]["transform"]>;

/** How often a tag or a branch is looked at again. */
const INTERVAL_MS = 300_000;

/** What a NovaApp asks of its module: what a Transform of its namespace would. */
export function appOrder(
  { metadata, spec }: NovaApp,
  { cueRef, input, policies }: TransformSource,
  marks: Readonly<Record<string, string>>,
  options: ActorOptions,
): Order {
  const { namespace = "", name, uid, annotations } = metadata;
  const { tenant, project, environment, app } = spec;
  const actor = actorOf(namespace, options);
  return {
    key: `NovaApp/${namespace}/${name}`,
    uid,
    job: {
      ...{ namespace, tenant, actor, cueRef },
      input: input ?? {},
      policies: policies ?? [],
      context: { name: app, namespace, tenant, project, environment },
    },
    frame: {
      applyAs: actor.applyAs,
      sourceRef: { apiVersion: API_VERSION, kind: "NovaApp", name, uid },
      metadata: { name: app, version: String(spec.revisionNumber) },
      labels: appLabels(spec, marks),
    },
    intervalMs: INTERVAL_MS,
    force: annotations?.[ANNOTATION.reconcileAt],
  };
}

/** What a NovaApp's status says of its rendering. */
export interface AppRendering {
  violations?: Violation[];
  render?: RenderReport;
}

/** While nothing new is known (after a restart, say) it stays as it was said last. */
export function appRendering(standing: Standing | undefined, former: AppRendering): AppRendering {
  if (standing?.state === "rendered") {
    const { source, violations } = standing.good;
    const stale = source.stale && staleSince(source.stale, formerStale(source, former));
    return {
      ...(violations.length > 0 ? { violations: bounded(violations, MAX_REPORTED_VIOLATIONS) } : {}),
      render: { ...resolved(source), ...(stale ? { stale } : {}) },
    };
  }
  if (standing?.state === "failed") {
    const source = standing.about?.source ?? former.render;
    return { render: { ...(source ? resolved(source) : {}), errors: [...standing.error.errors] } };
  }
  const { violations, render } = former;
  return { ...(violations ? { violations } : {}), ...(render ? { render } : {}) };
}

const resolved = ({ digest, revision }: Pick<RenderReport, "digest" | "revision">) => ({
  ...(digest === undefined ? {} : { digest }),
  ...(revision === undefined ? {} : { revision }),
});

const formerStale = ({ digest }: { digest: string }, { render }: AppRendering) =>
  render?.digest === digest ? render.stale : undefined;

/** A source that is away is said to be, where there is nothing worse to say. */
export function withRendering<T extends RenderedStatus>(
  status: T,
  standing: Standing | undefined,
  resource: Pick<NovaApp, "metadata" | "status">,
  now: string,
): T & AppRendering {
  const rendering = appRendering(standing, (resource.status ?? {}) as AppRendering);
  const stale = rendering.render?.stale;
  const generation = resource.metadata.generation ?? 0;
  const stages = stageConditions(standing, resource.status?.conditions, generation, now);
  return {
    ...status,
    ...(stale && !status.message ? { message: staleMessage(stale) } : {}),
    ...rendering,
    conditions: [...stages, ...(status.conditions ?? [])],
  };
}
