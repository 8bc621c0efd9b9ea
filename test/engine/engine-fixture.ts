import { installDefinitions } from "../agent/run.ts";
import { type Fixture, kubeFixture } from "../kube/fixture.ts";
import { type EngineRun, graphsIn, type RunningEngine, runEngine } from "./graphs.ts";

/** What a file of tests of the engine begins with: the definitions, and a namespace whose graphs may act as the agent. */
export interface EngineFixture extends Pick<Fixture, "kube" | "kubeconfig"> {
  graphs: ReturnType<typeof graphsIn>;
  start(run?: Pick<EngineRun, "onRequest">): Promise<RunningEngine>;
  /** Ends the engine that was started last, where it runs still; then the namespace goes. */
  close(): Promise<void>;
}

export async function engineFixture(namespace: string): Promise<EngineFixture> {
  const fixture = await kubeFixture(namespace);
  const { kube, kubeconfig } = fixture;
  await installDefinitions(kube);
  let running: RunningEngine | undefined;
  return {
    ...{ kube, kubeconfig },
    graphs: graphsIn(kube, namespace),
    async start(run = {}) {
      const started = await runEngine({ kubeconfig, namespace, ...run });
      const engine: RunningEngine = {
        ...started,
        async kill() {
          if (running === engine) running = undefined;
          await started.kill();
        },
      };
      running = engine;
      return engine;
    },
    async close() {
      await running?.kill();
      await fixture.close();
    },
  };
}
