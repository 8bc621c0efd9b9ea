import { APPLIER_SERVICE_ACCOUNT } from "../../../domain/names/labels.ts";
import type { Appliers } from "../appliers.ts";
import type { Kind } from "../kind.ts";
import { clusterMark } from "../marks.ts";
import { summaryOf, unquoted } from "../rendering/failure.ts";
import type { Modules } from "../rendering/modules.ts";
import type { ActorOptions } from "../rendering/reader.ts";
import type { NovaApp, Resource } from "../resources.ts";
import { type Outcome, renderedStatus } from "../status.ts";
import { violationNews } from "../transform/news.ts";
import { renderApp } from "./app.ts";
import { type AppRendering, appOrder, withRendering } from "./app-module.ts";

export interface AppContext extends ActorOptions {
  modules: Modules;
  appliers: Pick<Appliers, "has">;
}

/** Name of the graph of a NovaApp. */
export const graphNameOf = (app: string): string => `app-${app}`;

/** An app from an image or manifests is rendered at once; one from a module as a Transform is. */
export function appKind(ctx: AppContext): Kind {
  const { modules, appliers } = ctx;
  const graphOf = ({ metadata: { namespace = "", name } }: Resource) => ({
    namespace,
    name: graphNameOf(name),
  });
  const keyOf = ({ metadata: { namespace, name } }: Resource) => `NovaApp/${namespace}/${name}`;
  const forget = (resource: Resource) => {
    const { namespace, name } = graphOf(resource);
    modules.forget(keyOf(resource), `${namespace}/${name}`);
  };
  const sourceOf = (resource: Resource) => (resource as NovaApp).spec.source.transform;
  return {
    graphOf,
    render(resource, live) {
      const app = resource as NovaApp;
      const { namespace = "" } = app.metadata;
      const source = sourceOf(app);
      if (source && !appliers.has(namespace)) return { outcome: awaitsApplier(namespace) };
      if (source) return modules.render(appOrder(app, source, clusterMark(app), ctx), live);
      forget(app);
      return { spec: renderApp(namespace, app.spec, clusterMark(app)) };
    },
    wrote: (resource, live) => sourceOf(resource) && modules.wrote(keyOf(resource), live),
    status(resource, outcome, now) {
      const status = renderedStatus(resource, graphOf(resource), outcome, now);
      if (!sourceOf(resource)) return status;
      return withRendering(status, modules.standing(keyOf(resource)), resource as NovaApp, now);
    },
    news(resource, status) {
      const [former, now] = [resource.status, status] as [AppRendering | undefined, AppRendering];
      return [...renderNews(former, now), ...violationNews(former?.violations, now.violations)];
    },
    holdDeletion: () => undefined,
    forget,
  };
}

/** Its project makes the account, a moment before or after. */
const awaitsApplier = (namespace: string): Outcome => ({
  phase: "Executing",
  reason: "NoApplier",
  message: `waits for the ServiceAccount ${APPLIER_SERVICE_ACCOUNT} in ${namespace}, which its project makes`,
});

function renderNews(former: AppRendering | undefined, { render }: AppRendering) {
  const [error] = render?.errors ?? [];
  if (!error || former?.render?.errors?.[0]?.message === error.message) return [];
  const note = summaryOf(unquoted(render?.errors ?? []));
  return [{ type: "Warning", reason: "RenderFailed", action: "Render", note } as const];
}
