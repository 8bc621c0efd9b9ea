/**
 * 100 simulated clusters connected, each with a project of 10 apps; each of the 1,000 apps is changed once, 50 a second.
 * From the edge's commit to the moment when the agent has the frame. No clock outside sees the commit itself: the figures
 * begin at the change's `updatedAt`, when the edge took up the request, so they hold its read and its commit too.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { DesiredFrame } from "../protocol/tunnel/frames.ts";
import { ApiClient } from "../test/lib/api.ts";
import { until } from "../test/lib/until.ts";
import { startManager } from "../test/manager/start.ts";
import { appBody } from "./lib/catalogue.ts";
import { percentile, round, say } from "./lib/figures.ts";
import { clusterName, connectFleet, enrolFleet } from "./lib/fleet.ts";

const CLUSTERS = 100;
const APPS_PER_CLUSTER = 10;
const CHANGES_PER_SECOND = 50;
const CHANGES = CLUSTERS * APPS_PER_CLUSTER;

interface Change {
  updatedAt: string;
  releases: { id: string; desiredRevision: number }[];
}

export async function run(): Promise<Record<string, number | string>> {
  const manager = await startManager({ vars: { LOG_LEVEL: "error" } });
  const url = await manager.directUrl();
  const api = new ApiClient({ url, key: manager.key });
  const members = await enrolFleet(manager, url, CLUSTERS);
  const arrivals = new Map<string, number>();
  const onDesired = ({ key, revision }: DesiredFrame) => void arrivals.set(`${key}@${revision}`, now());
  const agents = await connectFleet(url, members, () => ({ onDesired }));
  try {
    await makeApps(api, arrivals);
    say(`${CHANGES} changes, ${CHANGES_PER_SECOND} a second`);
    const changes = await changeAll(api);
    const arrived = () => changes.every(({ frame }) => arrivals.has(frame));
    await until("every frame arrived", arrived, { deadlineMs: 60_000 });
    const took = (from: (change: Sent) => number) =>
      changes.map((change) => (arrivals.get(change.frame) ?? Number.NaN) - from(change));
    const fromEdge = took(({ updatedAt }) => updatedAt);
    const fromClient = took(({ sent }) => sent);
    return {
      p50_ms: round(percentile(fromEdge, 0.5)),
      p99_ms: round(percentile(fromEdge, 0.99)),
      from_client_p50_ms: round(percentile(fromClient, 0.5)),
      from_client_p99_ms: round(percentile(fromClient, 0.99)),
      clusters: CLUSTERS,
      changes: changes.length,
    };
  } finally {
    for (const agent of agents) agent.stop();
    api.close();
    await manager.stop();
  }
}

/** Milliseconds since 1970, with fractions: the manager's clock is this machine's. */
const now = (): number => performance.timeOrigin + performance.now();

const pathOf = (n: number): string => {
  const project = `/api/v1/tenants/bench/projects/shop-${n % CLUSTERS}`;
  return `${project}/apps/app-${Math.floor(n / CLUSTERS)}`;
};

/** Every app in its first version, and each frame of it arrived. */
async function makeApps(api: ApiClient, arrivals: Map<string, number>): Promise<void> {
  say(`${CLUSTERS} projects with ${APPS_PER_CLUSTER} apps each`);
  await api.put("/api/v1/tenants/bench", {});
  const frames: string[] = [];
  for (let cluster = 0; cluster < CLUSTERS; cluster++) {
    const project = `/api/v1/tenants/bench/projects/shop-${cluster}`;
    await api.put(project, {});
    await api.put(`${project}/environments/staging`, { placement: { cluster: clusterName(cluster) } });
    const apps = Array.from({ length: APPS_PER_CLUSTER }, (_, i) => pathOf(cluster + i * CLUSTERS));
    frames.push(...(await Promise.all(apps.map(async (path) => frameOf((await put(api, path, 1)).body)))));
  }
  await until("every app is where it belongs", () => frames.every((frame) => arrivals.has(frame)), {
    deadlineMs: 60_000,
  });
}

const put = (api: ApiClient, path: string, version: number) => api.put<Change>(path, appBody(version));

function frameOf({ releases: [release] }: Change): string {
  if (!release) throw new Error("a change brought no release");
  return `release/${release.id}@${release.desiredRevision}`;
}

interface Sent {
  frame: string;
  sent: number;
  updatedAt: number;
}

/** Each change is sent at its time, whether or not those before it are answered. */
async function changeAll(api: ApiClient): Promise<Sent[]> {
  const began = now();
  return Promise.all(
    Array.from({ length: CHANGES }, async (_, n) => {
      await sleep(Math.max(0, began + (n * 1000) / CHANGES_PER_SECOND - now()));
      const sent = now();
      const { body } = await put(api, pathOf(n), 2);
      return { frame: frameOf(body), sent, updatedAt: Date.parse(body.updatedAt) };
    }),
  );
}
