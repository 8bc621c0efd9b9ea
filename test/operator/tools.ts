/** What renders modules, for operators in this process: the real sources, and the real renderer. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ModulesConfig } from "../../agent/config-modules.ts";
import { systemClock } from "../../agent/kube/index.ts";
import { silentLogger } from "../../agent/log.ts";
import { createMetrics } from "../../agent/metrics.ts";
import { startModules } from "../../agent/modules.ts";
import { ROOT } from "../manager/bundle.ts";
import { agentProgram } from "../services/go-binary.ts";

export type TestTools = ReturnType<typeof startModules>;

/** What is not said is as in an installation. `renderMs`: how long one render may take; `tagTtlMs`: how long a tag is believed. */
export type ModuleRun = Partial<ModulesConfig> & { renderMs?: number; tagTtlMs?: number };

/** Nothing is built or started before it is needed; `stop` ends what was. */
export async function moduleTools({ renderMs, tagTtlMs, ...some }: ModuleRun = {}): Promise<TestTools> {
  const cacheDir = mkdtempSync(join(tmpdir(), "kubenova-modules-"));
  const config: ModulesConfig = {
    renderer: await agentProgram("renderer"),
    gitFetch: await agentProgram("git-fetch"),
    embeddedDir: join(ROOT, "platform"),
    cacheDir,
    policies: [],
    cueRegistry: "",
    insecureRegistries: [],
    limits: {},
    network: { allowed: ["127.0.0.0/8"], refused: [] },
    ...some,
  };
  const of = { clock: systemClock, log: silentLogger, metrics: createMetrics() };
  const tools = startModules(config, of, {
    ...(renderMs === undefined ? {} : { render: { renderMs } }),
    ...(tagTtlMs === undefined ? {} : { fetch: { tagTtlMs } }),
  });
  return {
    ...tools,
    async stop() {
      await tools.stop();
      rmSync(cacheDir, { recursive: true, force: true });
    },
  };
}
