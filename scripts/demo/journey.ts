import type { ApiClient } from "../../test/lib/api.ts";
import { kubectl } from "../../test/lib/kubectl.ts";
import type { Platform } from "../../test/lib/platform.ts";
import { until } from "../../test/lib/until.ts";
import { APP, webSpec } from "./app.ts";
import { detail } from "./screen.ts";

const MANAGER_AWAY_MS = 10_000;
const ROLLOUT_DEADLINE_MS = 180_000;

interface Release {
  phase: string;
  message?: string | null;
  revision: { id: string; number: number };
  counts?: { total: number; ready: number };
}

/** Follows a release until it is Ready, and shows each change as it comes. */
async function followUntilReady(api: ApiClient, environment: string, revision: number): Promise<void> {
  let shown = "";
  await until(
    `${environment} runs revision ${revision}`,
    async () => {
      const { body } = await api.get<Release>(`${APP}/releases/${environment}`);
      const counts = body.counts ? ` ${body.counts.ready}/${body.counts.total} objects` : "";
      const text = `${environment.padEnd(11)} revision ${body.revision.number}  ${body.phase}${counts}`;
      if (text !== shown) detail(text);
      shown = text;
      return body.phase === "Ready" && body.revision.number === revision;
    },
    { deadlineMs: ROLLOUT_DEADLINE_MS, everyMs: 100 },
  );
}

export async function watchStatus({ api }: Platform): Promise<void> {
  await followUntilReady(api, "staging", 1);
  const answer = await api.post(`${APP}/releases/production`, { revision: 1 });
  detail(`POST ${APP}/releases/production {"revision": 1}  →  ${answer.status}`);
  await followUntilReady(api, "production", 1);
}

const pagePath = (clusterName: string, environment: string): string =>
  `/api/v1/clusters/${clusterName}/proxy/services/acme-shop-${environment}/web:80/`;

export async function page({ api, cluster, clusterName }: Platform, version: string): Promise<void> {
  if (cluster.node !== "real") return detail("pods are only played here, so no page answers");
  const path = pagePath(clusterName, "production");
  detail(`GET ${path}`);
  // Endpoints follow the pods a moment after a Deployment is complete: its last old pod may answer once more.
  const text = await until(`the page shows version ${version}`, async () => {
    const shown = textOf((await api.get<string>(path)).body);
    if (!shown.includes(`version ${version}`)) throw new Error(`it shows: ${shown}`);
    return shown;
  });
  detail(`“${text}”`);
}

const textOf = (html: string): string =>
  html
    .replace(/<style[\s\S]*?<\/style>/g, "")
    .replace(/<[^>]+>/g, " ")
    .replace(/\s+/g, " ")
    .trim();

/** Every pod's name, start and restarts: what would change if the cluster noticed anything. */
async function podsOf({ cluster }: Platform): Promise<string> {
  const columns =
    "NAMESPACE:.metadata.namespace,NAME:.metadata.name,UID:.metadata.uid,RESTARTS:.status.containerStatuses[*].restartCount,READY:.status.containerStatuses[*].ready";
  return kubectl(cluster).run(
    ...["get", "pods", "-A", "--no-headers", "-l", "app.kubernetes.io/managed-by=kubenova"],
    ...["-o", `custom-columns=${columns}`],
  );
}

export async function managerGone(platform: Platform): Promise<void> {
  const before = await podsOf(platform);
  await platform.manager.kill();
  detail("kill -9");
  const back = Date.now() + MANAGER_AWAY_MS;
  let looks = 0;
  await until(
    "ten seconds are over",
    async () => {
      if ((await podsOf(platform)) !== before) throw new Error("a pod changed while the manager was away");
      looks++;
      return Date.now() >= back;
    },
    { deadlineMs: MANAGER_AWAY_MS * 3, everyMs: 500 },
  );
  detail(`looked ${looks} times in 10 s: the same pods, no restart, all ready`);
  await platform.manager.restart();
  const since = Date.now();
  await until(
    "the agent is back",
    async () => {
      const { body } = await platform.api.get<{ status: string }>(`/api/v1/clusters/${platform.clusterName}`);
      return body.status === "connected";
    },
    { deadlineMs: 60_000, everyMs: 100 },
  );
  detail(
    `the manager is back; the agent was connected again after ${((Date.now() - since) / 1000).toFixed(1)} s`,
  );
  if ((await podsOf(platform)) !== before) throw new Error("a pod changed when the manager came back");
}

export async function rollOut(platform: Platform, image: string): Promise<void> {
  const answer = await platform.api.put(APP, { spec: webSpec(image) });
  detail(`PUT ${APP} with the new image  →  ${answer.status}`);
  await followUntilReady(platform.api, "staging", 2);
  await platform.api.post(`${APP}/releases/production`, { revision: 2 });
  await followUntilReady(platform.api, "production", 2);
  await page(platform, "2");
}

export async function rollBack(platform: Platform): Promise<void> {
  const answer = await platform.api.post(`${APP}/releases/production:rollback`, {});
  detail(`POST ${APP}/releases/production:rollback  →  ${answer.status}`);
  await followUntilReady(platform.api, "production", 1);
  await page(platform, "1");
}
