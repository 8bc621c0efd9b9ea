import { clusterMark } from "../marks.ts";
import type { SourceRendering } from "../preview.ts";
import { RenderingError, unquoted } from "../rendering/failure.ts";
import type { Modules } from "../rendering/modules.ts";
import type { ActorOptions } from "../rendering/reader.ts";
import type { NovaApp } from "../resources.ts";
import { renderApp } from "./app.ts";
import { appOrder } from "./app-module.ts";

/** A NovaApp's source as it would be deployed now, by the code that deploys it. */
export async function renderSource(
  app: NovaApp,
  { modules, actor, signal }: { modules: Modules; actor: ActorOptions; signal: AbortSignal },
): Promise<SourceRendering> {
  const { transform } = app.spec.source;
  if (!transform)
    return {
      ok: true,
      spec: renderApp(app.metadata.namespace ?? "", app.spec, clusterMark(app)),
      violations: [],
    };
  try {
    const { good, spec } = await modules.preview(appOrder(app, transform, clusterMark(app), actor), signal);
    const { digest, revision } = good.source;
    return {
      ok: true,
      spec,
      violations: good.violations,
      module: { digest, ...(revision === undefined ? {} : { revision }) },
      policies: good.policies.map(({ name, digest: of }) => ({ name, digest: of })),
    };
  } catch (error) {
    if (!(error instanceof RenderingError)) throw error;
    const { stage, reason, errors } = error;
    return {
      ok: false,
      stage: stage === "Fetched" ? "fetch" : "render",
      code: kebab(reason),
      errors: unquoted(errors),
    };
  }
}

const kebab = (reason: string): string => reason.replace(/(?!^)[A-Z]/g, "-$&").toLowerCase();
