/**
 * 1,000 apps of one ConfigMap each, put through the manager's API, until the manager says of each that it is Ready; then
 * kubectl applies 1,000 such ConfigMaps alone, into a namespace of its own. Writes and events of the agent are counted by
 * the API server's audit log, those of the manager by its list of events.
 */
import { kubectl } from "../test/lib/kubectl.ts";
import { round, say } from "./lib/figures.ts";
import { cpuSeconds } from "./lib/idle.ts";
import { type RealCluster, withRealCluster } from "./lib/real-cluster.ts";
import { APPS, configMap, deployApps, untilQuiet } from "./lib/thousand-apps.ts";

const QUIET_MS = 12_000;
/** The tenant and the project are written once, whatever the apps: that is over before the apps' writes are counted. */
const SETTLED_MS = 3_000;

export const run = (): Promise<Record<string, number | string>> =>
  withRealCluster("bench-thousand-apps", async (at) => {
    const before = await newestEvent(at);
    await untilQuiet(at, 0, SETTLED_MS);
    const mark = at.audit.mark();
    const cpuBefore = cpuOf(at);
    const deployed = await deployApps(at);
    const cpu = cpuOf(at).map((seconds, side) => round(seconds - (cpuBefore[side] ?? 0)));
    const writes = await untilQuiet(at, mark, QUIET_MS);
    say(`writes of the agent: ${JSON.stringify(writes.kinds)}`);
    const edgeEvents = await eventsAfter(at, before);
    return {
      seconds: deployed.manager,
      kubectl_seconds: await kubectlSeconds(at),
      writes_per_app: round(writes.total / APPS, 3),
      events_per_app: round(writes.events / APPS, 3),
      ready_in_cluster_seconds: deployed.cluster,
      put_seconds: deployed.put,
      edge_events_per_app: round(edgeEvents / APPS, 2),
      cpu_seconds_manager_agent_cluster: cpu.join(" "),
    };
  });

const cpuOf = ({ pids }: RealCluster): number[] =>
  [pids.manager(), pids.agent(), pids.cluster()].map(cpuSeconds);

async function kubectlSeconds({ cluster }: RealCluster): Promise<number> {
  const namespace = "kubectl-alone";
  const kube = kubectl(cluster);
  await kube.run("create", "namespace", namespace);
  const items = Array.from({ length: APPS }, (_, n) => configMap(n, namespace));
  say(`kubectl apply --server-side of ${APPS} ConfigMaps`);
  const began = performance.now();
  const done = await kube.apply(items);
  const seconds = (performance.now() - began) / 1000;
  if (done.trim().split("\n").length !== APPS) throw new Error("kubectl did not apply all of them");
  return round(seconds, 2);
}

interface EventPage {
  items: { seq: number }[];
  nextCursor: string | null;
}

const newestEvent = async ({ api }: RealCluster): Promise<number> =>
  (await api.get<EventPage>("/api/v1/events?order=desc&limit=1")).body.items[0]?.seq ?? 0;

async function eventsAfter({ api }: RealCluster, seq: number): Promise<number> {
  let count = 0;
  for (let cursor: string | null = String(seq); cursor !== null; ) {
    const { body }: { body: EventPage } = await api.get(`/api/v1/events?limit=200&cursor=${cursor}`);
    count += body.items.length;
    cursor = body.nextCursor;
  }
  return count;
}
