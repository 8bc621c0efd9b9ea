import type { ModulesConfig } from "./config-modules.ts";
import type { Clock } from "./kube/index.ts";
import type { Logger } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import type { ModuleTools } from "./operator/rendering/index.ts";
import type { RenderLimits } from "./renderer/limits.ts";
import { createRenderer } from "./renderer/renderer.ts";
import { createSources } from "./sources/index.ts";
import type { Limits as FetchLimits } from "./sources/limits.ts";

/** What the process has for rendering modules: nothing is started, fetched or written before the first one is rendered. */
export function startModules(
  config: ModulesConfig,
  { clock, log, metrics }: { clock: Clock; log: Logger; metrics: Metrics },
  limits: { render?: Partial<RenderLimits>; fetch?: Partial<FetchLimits> } = {},
): ModuleTools & { stop(): Promise<void> } {
  const { cueRegistry, insecureRegistries: insecure, ca, network } = config;
  const renderer = createRenderer({
    ...{ binary: config.renderer, clock, metrics, limits: limits.render ?? {} },
    log: log.with({ part: "renderer" }),
  });
  const sources = createSources({
    ...{ clock, metrics, network },
    ...{ cacheDir: config.cacheDir, embeddedDir: config.embeddedDir, gitProgram: config.gitFetch },
    log: log.with({ part: "sources" }),
    limits: { ...config.limits, ...limits.fetch },
    registries: { cueRegistry, insecure, ...(ca === undefined ? {} : { ca }) },
  });
  const { policies, platformAccount } = config;
  return {
    ...{ sources, renderer, policies },
    ...(platformAccount === undefined ? {} : { platformAccount }),
    stop: () => renderer.stop(),
  };
}
