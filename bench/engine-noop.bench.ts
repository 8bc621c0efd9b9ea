/**
 * A graph of 500 objects that are all as it says. Warm: kubectl applies the same graph again, which is to cost no request;
 * then one of another version with the same objects, from the moment when the agent has read it until it has judged all
 * of them, by its own metrics. Its status and the Event that tells of it are no such requests; when that status is
 * written is a figure beside it. After kill -9 and a start of the agent, until it knows of every graph how it stands;
 * beside it kubectl apply --server-side of the same objects, unchanged. Medians.
 */
import { until, untilStill } from "../test/lib/until.ts";
import { type EngineCluster, graphObject, watchGraphs, withEngineCluster } from "./lib/engine-cluster.ts";
import { percentile, round, say } from "./lib/figures.ts";
import { untilIdle } from "./lib/idle.ts";
import { scrape } from "./lib/metrics.ts";
import { graphOf, mixedObjects } from "./lib/mixed.ts";

const OBJECTS = 500;
const ROUNDS = 5;
const NAME = "mixed";
/** Longer than whatever the engine waits for before it writes (agent/engine/status-writer.ts: 10 s). */
const QUIET_MS = 12_000;
const DEADLINE_MS = 120_000;

export const run = (): Promise<Record<string, number | string>> =>
  withEngineCluster("bench-engine-noop", async (at) => {
    const objects = mixedObjects(OBJECTS, "noop", at.namespace);
    const watch = await watchGraphs(at);
    const write = (version: string) =>
      at.kubectl.apply([graphObject(at.namespace, NAME, graphOf(objects, version))]);
    await write("1");
    await watch.when(() => watch.isReady(NAME));
    await quiet(at);

    let mark = at.audit.mark();
    await write("1");
    await quiet(at);
    const requests = requestsSince(at, mark);
    const warm: number[] = [];
    const recorded: number[] = [];
    let statusWrites = 0;
    for (let n = 1; n <= ROUNDS; n++) {
      mark = at.audit.mark();
      const isWritten = () => watch.graphs.get(NAME)?.spec.metadata?.version === `1.${n}`;
      const written = watch.when(isWritten);
      const ready = watch.when(() => isWritten() && watch.isReady(NAME));
      const before = await judgedMs(at);
      await write(`1.${n}`);
      recorded.push(round((await ready) - (await written)));
      warm.push(round((await judgedMs(at)) - before));
      await quiet(at);
      const { kinds } = at.audit.writesSince(mark);
      statusWrites += kinds[STATUS] ?? 0;
      requests.total +=
        requestsSince(at, mark).total - (kinds[STATUS] ?? 0) - at.audit.writesSince(mark).events;
    }
    say(`another version of it, judged: ${warm.join(", ")} ms; recorded: ${recorded.join(", ")} ms`);
    await watch.stop();
    const { seconds, writes } = await restarts(at);
    const kubectl = await kubectlSeconds(at, objects);
    return {
      warm_requests: requests.total,
      warm_ms: percentile(warm, 0.5),
      restart_writes: writes,
      restart_kubectl_ratio: round(percentile(seconds, 0.5) / percentile(kubectl, 0.5), 2),
      warm_recorded_ms: percentile(recorded, 0.5),
      status_writes_each_version: statusWrites / ROUNDS,
      restart_seconds: percentile(seconds, 0.5),
      kubectl_seconds: percentile(kubectl, 0.5),
    };
  });

const STATUS = "patch resourcegraphs/status";

/** What the agent reads once a minute to report what runs in the cluster: no work of the engine's. */
const REPORTED = ["list pods", "list namespaces"];

function requestsSince({ audit }: EngineCluster, mark: number): { total: number } {
  const kinds = { ...audit.writesSince(mark).kinds, ...audit.readsSince(mark).kinds };
  say(`requests of the agent: ${JSON.stringify(kinds)}`);
  const counted = Object.entries(kinds).filter(([kind]) => !REPORTED.includes(kind));
  return { total: counted.reduce((sum, [, count]) => sum + count, 0) };
}

/** How long the agent took over what came to rest, in all: from the moment when it had read a version until it was judged. */
async function judgedMs({ agent }: EngineCluster): Promise<number> {
  const metrics = await scrape(agent.url);
  const total = metrics('kubenova_engine_reconcile_duration_seconds_sum{result="ready"}');
  if (total === undefined) throw new Error("the agent says nothing of what it reconciled");
  return total * 1_000;
}

async function restarts(at: EngineCluster): Promise<{ seconds: number[]; writes: number }> {
  const seconds: number[] = [];
  let writes = 0;
  for (let n = 0; n < ROUNDS; n++) {
    await at.agent.kill();
    await untilIdle(at.clusterPids());
    const mark = at.audit.mark();
    const began = performance.now();
    at.agent.restart();
    await until("all is known", () => isKnown(at), { deadlineMs: DEADLINE_MS, everyMs: 20 });
    seconds.push(round((performance.now() - began) / 1_000, 2));
    await quiet(at);
    writes += at.audit.writesSince(mark).total;
  }
  say(`all known after a start: ${seconds.join(", ")} s`);
  return { seconds, writes };
}

/** The environment's graph and this one are judged, and nothing waits to be. */
async function isKnown({ agent }: EngineCluster): Promise<boolean> {
  const metrics = await scrape(agent.url);
  return metrics("kubenova_engine_graphs") === 2 && metrics("kubenova_engine_graphs_unknown") === 0;
}

/** Of the same objects, which it has applied once before. */
async function kubectlSeconds(
  at: EngineCluster,
  objects: ReturnType<typeof mixedObjects>,
): Promise<number[]> {
  const own = objects.map((object) => ({
    ...object,
    metadata: { ...object.metadata, name: `kubectl-${object.metadata.name}` },
  }));
  const seconds: number[] = [];
  for (let n = 0; n <= ROUNDS; n++) {
    await untilIdle(at.clusterPids());
    const began = performance.now();
    await at.kubectl.apply(own);
    if (n > 0) seconds.push(round((performance.now() - began) / 1_000, 2));
  }
  say(`kubectl: ${seconds.join(", ")} s`);
  return seconds;
}

const quiet = ({ audit }: EngineCluster) => {
  const mark = audit.mark();
  return untilStill("the agent is quiet", () => audit.writesSince(mark).total, {
    ...{ stillMs: QUIET_MS, deadlineMs: QUIET_MS + DEADLINE_MS, everyMs: 500 },
  });
};
