import { join } from "node:path";
import { buildGoImage, type Cluster, importImage, pushImage, up } from "../cluster/index.ts";
import { type Manager, startManager } from "../manager/start.ts";
import { installAgent } from "../services/agent-chart.ts";
import { buildAgentImage } from "../services/image.ts";
import { ApiClient } from "./api.ts";
import { until } from "./process.ts";

/** Cluster, manager and agent together: what the demo shows and the end-to-end tests attack. */
export interface Platform {
  cluster: Cluster;
  manager: Manager;
  api: ApiClient;
  /** Name of the cluster in the manager. */
  clusterName: string;
  stop(): Promise<void>;
}

export interface PlatformOptions {
  name: string;
  /** Called as each step begins, with what it does. */
  onStep?: (text: string) => void;
  managerDir?: string;
  mode?: "manage" | "read-only";
}

export async function startPlatform(options: PlatformOptions): Promise<Platform> {
  const say = options.onStep ?? (() => {});
  say("a real Kubernetes with a node that runs pods");
  const cluster = await up({ name: options.name, node: "real" });
  if (cluster.node !== "real") {
    throw new Error(
      "this machine cannot run pods; what is missing, and how to get it, stands above (make demo as root on Debian)",
    );
  }
  say("the manager: the Worker in workerd, over HTTPS");
  const manager = await startManager({
    host: cluster.gateway,
    tls: true,
    ...(options.managerDir ? { dir: options.managerDir } : {}),
  });
  const api = new ApiClient(manager);
  const stop = async (): Promise<void> => {
    api.close();
    await manager.stop();
    await cluster.down();
  };
  try {
    say("the agent: its image, its chart, and a join token; it dials out");
    await enrol({ cluster, manager, api, name: options.name, mode: options.mode ?? "manage" });
  } catch (error) {
    await stop();
    throw error;
  }
  return { cluster, manager, api, clusterName: options.name, stop };
}

/** Registers the cluster, installs the agent by its chart with the one-time token, and waits until it is connected. */
async function enrol(at: {
  cluster: Cluster;
  manager: Manager;
  api: ApiClient;
  name: string;
  mode: "manage" | "read-only";
}): Promise<void> {
  const image = await buildAgentImage();
  await importImage(at.cluster, image.tar, image.name);
  const made = await at.api.post<{ joinToken: { token: string } }>("/api/v1/clusters", {
    name: at.name,
    mode: at.mode,
  });
  await installAgent({
    cluster: at.cluster,
    manager: at.manager,
    joinToken: made.body.joinToken.token,
    mode: at.mode,
  });
  await until(
    "the agent is connected",
    async () =>
      (await at.api.get<{ status: string }>(`/api/v1/clusters/${at.name}`)).body.status === "connected",
    { deadlineMs: 120_000, everyMs: 250 },
  );
}

/** Builds the demo's web app at a version, and pushes it to the registry that the node pulls from. */
export async function publishWebApp(cluster: Cluster, version: string, scratch: string): Promise<string> {
  if (!cluster.registry) throw new Error("this cluster has no local registry");
  const { WEB_APP } = await import("../cluster/images.ts");
  const tar = join(scratch, `web-${version}.tar`);
  await buildGoImage({
    folder: WEB_APP,
    tar,
    name: `docker.io/kubenova/web:${version}`,
    variables: { "main.version": version },
  });
  return (await pushImage(cluster.registry, tar, `web:${version}`)).image;
}
