import { setTimeout as sleep } from "node:timers/promises";
import { ApiClient } from "../../test/lib/api.ts";
import type { SimulatedAgent } from "../../test/lib/simulated-agent.ts";
import { until } from "../../test/lib/until.ts";
import { appBody, PROJECT } from "./catalogue.ts";
import type { CountedManager } from "./counted.ts";

/** What a cluster's day is made of, done for real against the counted manager, one piece at a time. */

/** Longer than the runtime keeps an idle object in memory: in a day's quiet each piece finds every object asleep. */
export const ASLEEP_MS = 12_000;
/** Time between the reports of a rollout. */
const STEP_MS = 1_500;
/** A pipeline looks this often whether its deploy is done. */
const POLL_MS = 2_000;
/** Apps that are named in a usage report: some 4 KB. */
const METERED = 50;

interface App {
  releases: { id: string; desiredRevision: number; phase: string }[];
}

const report = (agent: SimulatedAgent, release: App["releases"][number], ready: number): void =>
  agent.status([
    {
      key: `release/${release.id}`,
      revision: release.desiredRevision,
      phase: ready === 2 ? "Ready" : "Progressing",
      message: `${ready} of 2 replicas are ready`,
      counts: { total: 3, ready: ready + 1, failed: 0 },
      nodes: [{ id: "deployment", kind: "Deployment", name: "web", state: `${ready}/2` }],
    },
  ]);

/**
 * A pipeline deploys: it gets a token, PUTs the app, and asks every two seconds until the release is Ready. The agent
 * stores it, and reports the rollout in three steps.
 */
export async function deploy(
  manager: CountedManager,
  agent: SimulatedAgent,
  name: string,
  version: number,
): Promise<void> {
  const api = new ApiClient({ url: manager.direct, key: manager.key });
  const path = `${PROJECT}/apps/${name}`;
  const [release] = (await api.put<App>(path, appBody(version))).body.releases;
  if (!release) throw new Error("a deploy brought no release");
  const arrived = () =>
    agent.documents.held.get(`release/${release.id}`)?.revision === release.desiredRevision;
  await until("the frame arrived", arrived, { deadlineMs: 30_000 });
  const rollout = (async () => {
    for (const ready of [0, 1, 2]) {
      report(agent, release, ready);
      await sleep(STEP_MS);
    }
  })();
  let asked = 0;
  const done = async () => {
    if (asked++ > 0) await sleep(POLL_MS);
    return (await api.get<App>(path)).body.releases[0]?.phase === "Ready";
  };
  await until("the release is Ready", done, { deadlineMs: 30_000, everyMs: 1 });
  await rollout;
  api.close();
}

const capabilities = {
  components: Object.fromEntries(
    Array.from({ length: METERED }, (_, n) => [
      `component-with-a-longer-name-${n}`,
      { version: "v1.2.3", ready: true },
    ]),
  ),
  flags: {},
};

/**
 * Stands for a usage report, which the tunnel has no frame for yet: a frame of its size that the object stores each time
 * and hands to the database once an hour.
 */
export const usageReport = (agent: SimulatedAgent, pods: number): void =>
  agent.send({
    t: "observed",
    capabilities,
    inventory: {
      kubernetesVersion: "v1.36.0",
      nodes: 3,
      nodesReady: 3,
      namespaces: 12,
      pods,
      cpuMillicores: 12_000,
      memoryBytes: 48 * 2 ** 30,
      managed: { tenants: 1, projects: 1, apps: METERED, graphs: METERED },
    },
  });
