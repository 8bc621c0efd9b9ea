/**
 * The agent dies with 1,000 apps in place and is started anew in its pod, as the kubelet does. It is in sync when it is
 * connected, has every graph evaluated, no document and no status left to store. Then it is watched for longer than it ever
 * waits: a write that comes late is a write. Beside it: killed before its cursor was stored (five minutes later it stores
 * that one, and nothing else), after a stop in good order, with the stored cursor gone, and in another pod, which waits
 * until the dead one's Lease is over.
 */
import { CURSOR_INTERVAL_MS } from "../agent/desired/state.ts";
import { API_VERSION } from "../domain/desired/index.ts";
import { until } from "../test/lib/until.ts";
import { NAMESPACE as SYSTEM } from "../test/services/agent-chart.ts";
import { round, say } from "./lib/figures.ts";
import { scrape } from "./lib/metrics.ts";
import { NAMESPACE, type RealCluster, withRealCluster } from "./lib/real-cluster.ts";
import { APPS, deployApps, untilQuiet } from "./lib/thousand-apps.ts";

/** Longer than whatever the agent waits for before it writes an object of the apps (agent/engine/status-writer.ts: 10 s). */
const QUIET_MS = 15_000;
/** Longer than whatever it waits for before it writes at all: its own cursor comes last. */
const WHOLE_MS = CURSOR_INTERVAL_MS + QUIET_MS;
/** The project, its tenant. */
const OTHER_GRAPHS = 2;

const STATE = { apiVersion: "v1", kind: "ConfigMap", namespace: SYSTEM, name: "kubenova-agent-state" };

export const run = (): Promise<Record<string, number | string>> =>
  withRealCluster("bench-noop-resync", async (at) => {
    const mark = at.audit.mark();
    await deployApps(at);
    await untilQuiet(at, mark, QUIET_MS);
    const before = await versions(at);
    const behind = await restart(at, "killed before its cursor was stored", () => at.agent.kill());
    const stopped = await restart(at, "stopped in good order", () => at.agent.terminate());
    say(`now each write is looked for over ${WHOLE_MS / 1000} s`);
    const killed = await restart(at, "killed", () => at.agent.kill(), { quietMs: WHOLE_MS });
    const moved = await restart(at, "killed, then another pod", () => at.agent.kill(), { pod: "another" });
    const changed = differences(before, await versions(at));
    const stateless = await restart(at, "killed, its stored cursor gone", async () => {
      await at.agent.kill();
      await at.kube.delete(STATE);
    });
    return {
      ...{ seconds: killed.seconds, writes: killed.writes, objects_changed: changed },
      ...{ seconds_behind: behind.seconds, writes_behind: behind.writes },
      ...{ seconds_in_another_pod: moved.seconds, writes_in_another_pod: moved.writes },
      ...{ seconds_after_stop: stopped.seconds, writes_after_stop: stopped.writes },
      seconds_without_state: stateless.seconds,
      writes_without_state: stateless.writes,
      objects_changed_without_state: differences(before, await versions(at)),
    };
  });

interface Restart {
  pod?: "same" | "another";
  quietMs?: number;
}

async function restart(
  at: RealCluster,
  how: string,
  end: () => Promise<void>,
  { pod = "same", quietMs = QUIET_MS }: Restart = {},
) {
  await end();
  const mark = at.audit.mark();
  const began = performance.now();
  at.agent.restart(pod);
  await until("the agent is in sync", () => isInSync(at), { deadlineMs: 120_000, everyMs: 20 });
  const seconds = round((performance.now() - began) / 1000, 2);
  const writes = await untilQuiet(at, mark, quietMs);
  say(`${how}: in sync after ${seconds} s; writes ${JSON.stringify(writes.kinds)}`);
  return { seconds, writes: writes.total };
}

async function isInSync({ agent }: RealCluster): Promise<boolean> {
  const ready = await fetch(`${agent.url}/readyz`);
  if (ready.status !== 200) return false;
  const metrics = await scrape(agent.url);
  return (
    metrics("kubenova_agent_tunnel_connected") === 1 &&
    metrics("kubenova_engine_graphs") === APPS + OTHER_GRAPHS &&
    metrics("kubenova_engine_graphs_unknown") === 0 &&
    metrics("kubenova_agent_documents_waiting") === 0 &&
    metrics("kubenova_agent_statuses_waiting") === 0 &&
    (metrics("kubenova_agent_status_reports_total") ?? 0) > 0
  );
}

/** `Kind/name` → UID and resourceVersion of all that the apps are made of. */
async function versions({ kube }: RealCluster): Promise<Map<string, string>> {
  const kinds = [
    { apiVersion: API_VERSION, kind: "NovaApp" },
    { apiVersion: API_VERSION, kind: "ResourceGraph" },
    { apiVersion: "v1", kind: "ConfigMap" },
  ];
  const found = new Map<string, string>();
  for (const type of kinds) {
    const { items } = await kube.list(type, { namespace: NAMESPACE });
    for (const { metadata } of items)
      found.set(`${type.kind}/${metadata.name}`, `${metadata.uid} ${metadata.resourceVersion}`);
  }
  if (found.size < 3 * APPS) throw new Error(`only ${found.size} objects are there`);
  return found;
}

const differences = (before: Map<string, string>, after: Map<string, string>): number =>
  [...new Set([...before.keys(), ...after.keys()])].filter((key) => before.get(key) !== after.get(key))
    .length;
