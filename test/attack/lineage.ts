import { join } from "node:path";
import type { Cluster } from "../cluster/index.ts";
import { configMap, declareProject, type Release, rawSpec, waitForRelease } from "../e2e/lib.ts";
import { ApiClient } from "../lib/api.ts";
import { registerCluster, untilConnected } from "../lib/enrol.ts";
import { type Kubectl, kubectl } from "../lib/kubectl.ts";
import type { End } from "../lib/platform.ts";
import { startSides } from "../lib/sides.ts";
import { until } from "../lib/until.ts";
import { type Manager, startManager } from "../manager/start.ts";
import { type AgentProcess, startAgentProcess } from "../services/agent-process.ts";

export const NAMESPACE = "acme-shop-staging";
const PROJECT = "/api/v1/tenants/acme/projects/shop";
const DEADLINE = { deadlineMs: 60_000 };

/** A real API server, and what is asked of it. */
export class KubeCluster {
  readonly cluster: Cluster;
  readonly kubectl: Kubectl;
  constructor(cluster: Cluster) {
    this.cluster = cluster;
    this.kubectl = kubectl(cluster);
  }

  exists = (name: string): Promise<boolean> => this.kubectl.exists("configmap", name, NAMESPACE);

  /** `name` → UID and value of the apps' ConfigMaps. */
  async maps(): Promise<Record<string, string>> {
    const { items } = await this.kubectl.json<{
      items: { metadata: { name: string; uid: string }; data?: { v?: string } }[];
    }>("get", "configmaps", "-n", NAMESPACE, "-l", "kubenova.io/app");
    return Object.fromEntries(
      items.map(({ metadata, data }) => [metadata.name, `${metadata.uid} ${data?.v}`]),
    );
  }
}

/** A manager, its agent in that cluster, and its tenant acme with the project shop. */
export class ControlPlane {
  readonly api: ApiClient;
  readonly manager: Manager;
  readonly name: string;
  agent: AgentProcess | undefined;

  constructor(manager: Manager, api: ApiClient, name: string) {
    this.manager = manager;
    this.api = api;
    this.name = name;
  }

  /** Another one, empty. */
  static async start(name: string, ends: End[]): Promise<ControlPlane> {
    const manager = await startManager();
    ends.push(() => manager.stop());
    const api = new ApiClient(manager);
    ends.push(async () => api.close());
    return new ControlPlane(manager, api, name);
  }

  /** Registers the cluster, and starts an agent there: with the chart's rights, or as an administrator elsewhere. */
  async enrol({ cluster }: KubeCluster, ends: End[], elsewhere?: string): Promise<void> {
    const { manager, name } = this;
    const joinToken = await registerCluster(this.api, name);
    const { kubeconfig } = cluster;
    const agent = await startAgentProcess({
      ...{ cluster, manager, mode: "manage" },
      ...(elsewhere ? { kubeconfig, env: { POD_NAMESPACE: elsewhere } } : {}),
      joinToken,
      logFile: join(manager.dir, "agent.log"),
    });
    this.agent = agent;
    ends.push(() => agent.stop());
    await this.connected();
  }

  declare = (): Promise<void> => declareProject(this.api, "acme", "shop", this.name);

  cluster = async () =>
    (
      await this.api.get<{
        id: string;
        status: string;
        epoch: number;
        diverged?: true;
        message?: string;
        desired: { seq: number; ackedSeq: number };
      }>(`/api/v1/clusters/${this.name}`)
    ).body;

  connected = (): Promise<void> => untilConnected(this.api, this.name);

  put = (app: string, v: string) =>
    this.api.put<Release>(`${PROJECT}/apps/${app}`, { spec: rawSpec([configMap(app, { v })]) });
  delete = (app: string) => this.api.delete(`${PROJECT}/apps/${app}`);
  release = (app: string, wanted: string | ((release: Release) => boolean), revision?: number) =>
    waitForRelease(this.api, `${PROJECT}/apps/${app}`, "staging", wanted, revision);

  async deploy(app: string, v: string): Promise<void> {
    const { body } = await this.put(app, v);
    await this.release(app, "Ready", body.revision.number);
  }

  orphans = async (): Promise<{ key: string; message: string }[]> =>
    (
      await this.api.get<{ items: { key: string; message: string }[] }>(
        `/api/v1/clusters/${this.name}/orphans`,
      )
    ).body.items;
  removeOrphan = (key: string) =>
    this.api.delete(`/api/v1/clusters/${this.name}/orphans/${key}?confirm=${key}`);

  /** How much the cluster's object has taken for its agent, all of which the agent has stored. */
  stored = (): Promise<number> =>
    until("the agent has stored all that it was sent", async () => {
      const { desired } = await this.cluster();
      return desired.ackedSeq === desired.seq && desired.seq;
    });

  /** All events have reached their clusters' objects. */
  delivered = (): Promise<unknown> =>
    until(
      "everything is delivered",
      async () => !/kubenova_outbox_undelivered\{/.test((await this.api.get<string>("/metrics")).body),
      DEADLINE,
    );
}

/** A cluster and the control plane `berlin`, whose agent runs in it, with its tenant and project. */
export async function startLineage(
  name: string,
  ends: End[],
): Promise<{ kube: KubeCluster; plane: ControlPlane }> {
  const { cluster, manager, api } = await startSides(name, ends);
  const kube = new KubeCluster(cluster);
  const plane = new ControlPlane(manager, api, "berlin");
  await plane.enrol(kube, ends);
  await plane.declare();
  return { kube, plane };
}
