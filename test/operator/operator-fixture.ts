import { installDefinitions } from "../agent/run.ts";
import { type Fixture, kubeFixture } from "../kube/fixture.ts";
import { type OperatorRun, type RunningOperator, removeEverything, runOperator, SYSTEM } from "./fixture.ts";

/** What a file of tests of the controllers begins with: the definitions, and the agent's namespace. */
export interface OperatorFixture extends Pick<Fixture, "kube" | "kubeconfig"> {
  /** Resolves when its caches are filled. One that runs is to be stopped before another is started. */
  start(run?: OperatorRun): Promise<RunningOperator>;
  /** An operator takes away what the tests have left, and ends; then the namespace goes. */
  close(): Promise<void>;
}

export async function operatorFixture(): Promise<OperatorFixture> {
  const fixture = await kubeFixture(SYSTEM);
  const { kube, kubeconfig } = fixture;
  await installDefinitions(kube);
  let running: RunningOperator | undefined;
  const start = async (run?: OperatorRun): Promise<RunningOperator> => {
    const started = await runOperator(kubeconfig, run);
    const operator: RunningOperator = {
      ...started,
      async stop() {
        if (running === operator) running = undefined;
        await started.stop();
      },
    };
    running = operator;
    await operator.synced;
    return operator;
  };
  return {
    ...{ kube, kubeconfig, start },
    async close() {
      const last = running ?? (await start());
      await removeEverything(kube);
      await last.stop();
      await fixture.close();
    },
  };
}
