import { join } from "node:path";
import { WEB_APP } from "../cluster/images.ts";
import { buildGoImage, type Cluster, down, importImage, pushImage, up } from "../cluster/index.ts";
import { type Manager, startManager } from "../manager/start.ts";
import { installAgent } from "../services/agent-chart.ts";
import { startAgentProcess } from "../services/agent-process.ts";
import { buildAgentImage } from "../services/image.ts";
import { ApiClient } from "./api.ts";
import { type Mode, registerCluster, untilConnected } from "./enrol.ts";

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
  mode?: Mode;
  /** Where no node can run: take one that plays pods, instead of an error. */
  playedPods?: boolean;
  /** Gets what ends each part as it starts, so that a start that is broken off can be undone; see {@link endAll}. */
  ends?: End[];
}

/** Its image may have to be unpacked on the node. */
const CONNECT_DEADLINE_MS = 120_000;

export type End = () => Promise<unknown>;

/** Ends what was started, newest first. */
export async function endAll(ends: End[]): Promise<void> {
  for (const end of ends.splice(0).reverse()) await end();
}

export async function startPlatform(options: PlatformOptions): Promise<Platform> {
  const say = options.onStep ?? (() => {});
  say("a real Kubernetes with a node that runs pods");
  const ends = options.ends ?? [];
  const stop = (): Promise<void> => endAll(ends);
  try {
    // What an earlier run left, if it was killed, is not what this one is to show.
    await down(options.name);
    ends.push(() => down(options.name));
    const cluster = await bestCluster(options, say);
    say("the manager: the Worker in workerd, over HTTPS");
    const manager = await startManager({
      host: cluster.gateway,
      tls: true,
      ...(options.managerDir ? { dir: options.managerDir } : {}),
    });
    ends.push(() => manager.stop());
    const api = new ApiClient(manager);
    ends.push(async () => api.close());
    const { name, mode = "manage" } = options;
    await enrol({ cluster, manager, api, name, mode, say, ends });
    return { cluster, manager, api, clusterName: options.name, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** With a node that runs pods; where the machine cannot and it is allowed, with one that only plays them. */
async function bestCluster(options: PlatformOptions, say: (text: string) => void): Promise<Cluster> {
  const { name } = options;
  const cluster = await up({ name, node: "real" });
  if (cluster.node === "real") return cluster;
  await cluster.down();
  if (!options.playedPods) {
    throw new Error("this machine cannot run pods; what is missing, and how to get it, stands above");
  }
  say("no node can run here (see above): pods are played, and nothing answers in them");
  return up({ name, node: "kwok" });
}

interface Enrolment {
  cluster: Cluster;
  manager: Manager;
  api: ApiClient;
  name: string;
  mode: Mode;
  say(text: string): void;
  ends: End[];
}

/** Registers the cluster, starts its agent with the one-time token, and waits until it is connected. */
async function enrol(at: Enrolment): Promise<void> {
  const { api, name, mode } = at;
  await startAgent(at, await registerCluster(api, name, mode));
  await untilConnected(api, name, CONNECT_DEADLINE_MS);
}

async function startAgent(
  { cluster, manager, mode, say, ends }: Enrolment,
  joinToken: string,
): Promise<void> {
  if (cluster.node !== "real") {
    say("the agent, as a process beside the cluster; it dials out");
    const logFile = join(manager.dir, "agent.log");
    const agent = await startAgentProcess({ cluster, manager, joinToken, mode, logFile });
    ends.push(() => agent.stop());
    return;
  }
  say("the agent: its image, its chart, and a join token; it dials out");
  const image = await buildAgentImage();
  await importImage(cluster, image.tar, image.name);
  await installAgent({ cluster, manager, joinToken, mode });
}

/** Builds the demo's web app at a version, and puts it where the cluster's node finds it. @returns its reference */
export async function publishWebApp(cluster: Cluster, version: string, scratch: string): Promise<string> {
  const name = `docker.io/kubenova/web:${version}`;
  if (cluster.node !== "real") return name;
  const tar = join(scratch, `web-${version}.tar`);
  await buildGoImage({ folder: WEB_APP, tar, name, variables: { "main.version": version } });
  if (cluster.registry) return (await pushImage(cluster.registry, tar, `web:${version}`)).image;
  await importImage(cluster, tar, name);
  return name;
}
