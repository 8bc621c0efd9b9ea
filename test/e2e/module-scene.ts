import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Scene, startScene } from "../attack/scene.ts";
import { until } from "../lib/until.ts";
import { ROOT } from "../manager/bundle.ts";
import { SETTINGS } from "../operator/transforms.ts";
import { rendererBinary } from "../services/renderer.ts";
import { declareProject } from "./lib.ts";

export const PROJECT = "/api/v1/tenants/acme/projects/shop";
export const NAMESPACE = "acme-shop-staging";

/** Manager, cluster and agent with a renderer; the environment staging of the project shop can render. */
export async function startModuleScene(name: string, more: Record<string, string> = {}): Promise<Scene> {
  const cacheDir = mkdtempSync(join(tmpdir(), "kubenova-modules-"));
  const env = {
    KUBENOVA_RENDERER: await rendererBinary(),
    KUBENOVA_EMBEDDED_DIR: join(ROOT, "platform"),
    KUBENOVA_CACHE_DIR: cacheDir,
    ...more,
  };
  const scene = await startScene({ name, env });
  await declareProject(scene.api, "acme", "shop", scene.name);
  const transform = { cueRef: { type: "embedded", ref: "redis" }, input: {} };
  // The environment's namespace and its applier are on their way.
  await until("the environment renders", async () => {
    const asked = { environment: "staging", app: "web", source: { transform } };
    const { status } = await scene.api.post(`${PROJECT}/apps:render`, asked, { expect: [200, 422, 503] });
    return status === 200;
  });
  const stop = async () => {
    await scene.stop();
    rmSync(cacheDir, { recursive: true, force: true });
  };
  return { ...scene, stop };
}

/** Sources of an app, and a policy. */
export const shipped = (ref: string, input: object) => ({ cueRef: { type: "embedded", ref }, input });
export const inline = (input: object, policies: object[] = []) => ({
  ...{ cueRef: { type: "inline", ref: SETTINGS }, input, policies },
});
export const text = (ref: string) => ({ cueRef: { type: "inline", ref } });
export const policy = (words: string) => [
  { name: "house", cueRef: { type: "inline", ref: `package house\n${words}` } },
];
