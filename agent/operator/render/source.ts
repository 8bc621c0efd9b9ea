import { renderNovaApp } from "../kinds.ts";
import type { SourceRendering } from "../preview.ts";
import type { NovaApp } from "../resources.ts";

/** A NovaApp's source as it would be deployed now. */
export async function renderSource(app: NovaApp): Promise<SourceRendering> {
  return { ok: true, spec: renderNovaApp(app), violations: [] };
}
