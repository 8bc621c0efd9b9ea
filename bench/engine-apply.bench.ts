/**
 * 500 new objects of five kinds as one ResourceGraph, as a controller writes one (with the finalizer, and owned), from
 * sending the graph until its status says Ready: every object applied, and that recorded. In turns with it, on the same API server: kubectl apply --server-side of as many such objects,
 * from its start to its end; and the floor, 32 connections that do nothing but send them. Deployments have no pods, and
 * count as ready when they are there. Medians.
 */
import { API_VERSION } from "../domain/desired/index.ts";
import { withFinalizer } from "../protocol/resources/common.ts";
import { type EngineCluster, graphObject, watchGraphs, withEngineCluster } from "./lib/engine-cluster.ts";
import { percentile, round, say } from "./lib/figures.ts";
import { cpuSeconds, untilIdle } from "./lib/idle.ts";
import { graphOf, mixedObjects } from "./lib/mixed.ts";
import { rawApply } from "./lib/raw-apply.ts";

const OBJECTS = 500;
const ROUNDS = 5;
const CONNECTIONS = 32;

export const run = (): Promise<Record<string, number | string>> =>
  withEngineCluster("bench-engine-apply", async (at) => {
    const engine: number[] = [];
    const kubectl: number[] = [];
    const floor: number[] = [];
    // The first is for warming up: nobody has seen these kinds yet.
    for (let n = 0; n <= ROUNDS; n++) {
      const times = [
        await engineSeconds(at, n),
        await kubectlSeconds(at, n),
        await floorSeconds(at, n),
      ] as const;
      say(`round ${n}: engine ${times[0]} s, kubectl ${times[1]} s, floor ${times[2]} s`);
      if (n === 0) continue;
      engine.push(times[0]);
      kubectl.push(times[1]);
      floor.push(times[2]);
    }
    const median = (values: number[]) => percentile(values, 0.5);
    return {
      seconds: median(engine),
      kubectl_ratio: round(median(engine) / median(kubectl), 2),
      floor_ratio: round(median(engine) / median(floor), 2),
      kubectl_seconds: median(kubectl),
      floor_seconds: median(floor),
      rounds: ROUNDS,
    };
  });

async function engineSeconds(at: EngineCluster, n: number): Promise<number> {
  const { kube, namespace } = at;
  const name = `mixed-${n}`;
  const spec = graphOf(mixedObjects(OBJECTS, `engine-${n}`, namespace));
  const graph = await owned(at, graphObject(namespace, name, spec));
  const watch = await watchGraphs(at);
  const seconds = await timed(at, async () => {
    await kube.apply(graph, { fieldManager: "bench" });
    await watch.when(() => watch.isReady(name));
  });
  await watch.stop();
  return seconds;
}

/** What a person writes by hand costs two writes of the graph more: its finalizer, and a record before the first object. */
async function owned({ kube }: EngineCluster, graph: ReturnType<typeof graphObject>) {
  const [project] = (await kube.list({ apiVersion: API_VERSION, kind: "NovaProject" })).items;
  if (!project) throw new Error("the cluster has no project");
  const { name, uid } = project.metadata;
  const owner = { apiVersion: API_VERSION, kind: "NovaProject", name, uid, controller: true };
  return withFinalizer({ ...graph, metadata: { ...graph.metadata, ownerReferences: [owner] } });
}

const kubectlSeconds = (at: EngineCluster, n: number): Promise<number> => {
  const objects = mixedObjects(OBJECTS, `kubectl-${n}`, at.namespace);
  return timed(at, async () => {
    const lines = (await at.kubectl.apply(objects)).trim().split("\n");
    if (lines.length !== OBJECTS) throw new Error("kubectl did not apply all of them");
  });
};

const floorSeconds = (at: EngineCluster, n: number): Promise<number> =>
  timed(at, () => rawApply(at.kube, mixedObjects(OBJECTS, `floor-${n}`, at.namespace), CONNECTIONS));

/** Controllers make a ReplicaSet of each Deployment afterwards: that is over before the next begins. */
async function timed({ agent, clusterPids }: EngineCluster, work: () => Promise<void>): Promise<number> {
  const pids = clusterPids();
  await untilIdle(pids);
  const cpu = () => [cpuSeconds([agent.pid()]), cpuSeconds(pids)].map((value) => round(value));
  const before = cpu();
  const began = performance.now();
  await work();
  const seconds = round((performance.now() - began) / 1_000, 2);
  const used = cpu().map((value, side) => round(value - (before[side] ?? 0)));
  say(`${seconds} s; processor seconds of the agent and the cluster: ${used.join(", ")}`);
  return seconds;
}
