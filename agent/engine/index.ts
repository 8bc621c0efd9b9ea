/** ResourceGraphs: build, order, apply, wait, keep, prune. Knows nothing of tenants, projects and apps. */
export { createEngine, type Engine, type EngineOptions } from "./engine.ts";
