/**
 * 1,000 ResourceGraphs of one ConfigMap each, applied by one kubectl apply --server-side, from its start until the status
 * of all says Ready. What the agent wrote and read meanwhile is what the API server's audit log shows of it, as itself and
 * as an applier (its Lease and its watches left out); its memory is the most that its process ever had.
 */
import { untilStill } from "../test/lib/until.ts";
import {
  type EngineCluster,
  graphObject,
  isReady,
  residentMb,
  watchGraphs,
  withEngineCluster,
} from "./lib/engine-cluster.ts";
import { round, say } from "./lib/figures.ts";
import { cpuSeconds } from "./lib/idle.ts";
import { graphOf } from "./lib/mixed.ts";
import { configMap } from "./lib/thousand-apps.ts";

const GRAPHS = 1_000;
const QUIET_MS = 12_000;
const DEADLINE_MS = 300_000;

export const run = (): Promise<Record<string, number | string>> =>
  withEngineCluster("bench-thousand-graphs", async (at) => {
    const mark = at.audit.mark();
    await untilQuiet(at, mark);
    const before = { writes: at.audit.writesSince(mark).total, reads: at.audit.readsSince(mark).total };
    const cpuBefore = cpu(at);
    const watch = await watchGraphs(at);
    const graphs = Array.from({ length: GRAPHS }, (_, n) =>
      graphObject(at.namespace, `graph-${n}`, graphOf([configMap(n, at.namespace)])),
    );
    const began = performance.now();
    const seconds = () => round((performance.now() - began) / 1_000, 2);
    const applied = at.kubectl.apply(graphs).then(seconds);
    const ready = await watch
      .when(() => watch.graphs.size === GRAPHS && [...watch.graphs.values()].every(isReady))
      .then(seconds);
    const kubectl = await applied;
    await watch.stop();
    const used = cpu(at).map((value, side) => round(value - (cpuBefore[side] ?? 0)));
    say(`all Ready after ${ready} s, kubectl had ended after ${kubectl} s`);
    await untilQuiet(at, mark);
    const writes = at.audit.writesSince(mark);
    const reads = at.audit.readsSince(mark);
    say(`writes of the agent: ${JSON.stringify(writes.kinds)}; reads: ${JSON.stringify(reads.kinds)}`);
    return {
      seconds: ready,
      writes_each: round((writes.total - before.writes) / GRAPHS, 3),
      reads_each: round((reads.total - before.reads) / GRAPHS, 3),
      rss_mb: round(residentMb(at.agent.pid(), "VmHWM")),
      kubectl_seconds: kubectl,
      cpu_seconds_agent_cluster: used.join(" "),
    };
  });

const cpu = ({ agent, clusterPids }: EngineCluster): number[] => [
  cpuSeconds([agent.pid()]),
  cpuSeconds(clusterPids()),
];

const untilQuiet = ({ audit }: EngineCluster, mark: number) =>
  untilStill("the agent is quiet", () => audit.writesSince(mark), {
    ...{ stillMs: QUIET_MS, deadlineMs: QUIET_MS + DEADLINE_MS, everyMs: 500 },
  });
