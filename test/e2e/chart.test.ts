import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Cluster, importImage, up } from "../cluster/index.ts";
import { ApiClient } from "../lib/api.ts";
import { clusterStatus, type Mode, registerCluster } from "../lib/enrol.ts";
import { type Kubectl, kubectl } from "../lib/kubectl.ts";
import { until } from "../lib/until.ts";
import { type Manager, startManager } from "../manager/start.ts";
import { type InstalledAgent, installAgent, NAMESPACE } from "../services/agent-chart.ts";
import { buildAgentImage } from "../services/image.ts";
import { configMap, declareProject, rawSpec, waitForRelease } from "./lib.ts";

const APP = "/api/v1/tenants/acme/projects/shop/apps/settings";
const APP_NAMESPACE = "acme-shop-staging";

interface Container {
  name: string;
  restartCount: number;
}

/** The image built here, the chart installed by a real helm, a manager outside of the cluster that nobody dials from. */
describe.each<Mode>(["manage", "read-only"])("the agent installed by its chart in mode %s", (mode) => {
  let cluster: Cluster;
  let kube: Kubectl;
  let manager: Manager;
  let api: ApiClient;
  let agent: InstalledAgent;

  beforeAll(async () => {
    cluster = await up({ name: `chart-${mode}`, node: "real" });
    kube = kubectl(cluster);
    manager = await startManager({ host: cluster.gateway, tls: true });
    api = new ApiClient(manager);
    const image = await buildAgentImage();
    await importImage(cluster, image.tar, image.name);
    const joinToken = await registerCluster(api, "berlin-1", mode);
    agent = await installAgent({ cluster, manager, joinToken, mode });
  });
  afterAll(async () => {
    api?.close();
    await manager?.stop();
    await cluster?.down();
  });

  const becomes = (wanted: string) =>
    until(`the cluster is ${wanted}`, async () => (await clusterStatus(api, "berlin-1")) === wanted, {
      deadlineMs: 60_000,
      everyMs: 100,
    });
  const pods = async () =>
    (
      await kube.json<{
        items: { metadata: { name: string }; status: { containerStatuses: Container[] } }[];
      }>("get", "pods", "-n", NAMESPACE, "-l", "app.kubernetes.io/name=kubenova-agent")
    ).items;

  test("enrols by dialling out, and is connected", async () => {
    await becomes("connected");
    const [pod] = await pods();
    expect(pod?.status.containerStatuses.map((each) => each.restartCount)).toEqual([0]);
  });

  test("passes helm test", async () => {
    expect(await agent.test()).toMatch(/Phase:\s+Succeeded/);
  });

  test("does not show its token in the log", async () => {
    const log = await kube.run("logs", "-n", NAMESPACE, "deployment/kubenova-agent");
    expect(log).not.toContain("jtk_");
    expect(log.split("\n").filter((line) => line !== "" && !line.startsWith("{"))).toEqual([]);
  });

  if (mode === "manage") {
    test("makes what is declared", async () => {
      await declareProject(api, "acme", "shop", "berlin-1");
      await api.put(APP, { spec: rawSpec([configMap("settings", { colour: "blue" })]) });
      await waitForRelease(api, APP, "staging", "Ready");
    });
  }

  test("is upgraded under the eyes of the manager, and nothing that it made changes", async () => {
    const before = await kube.uids(APP_NAMESPACE);
    const old = (await pods()).map(({ metadata }) => metadata.name);
    await agent.upgrade({ logLevel: "debug", replicas: 2 });
    await until(
      "only new pods are left",
      async () => !(await pods()).some(({ metadata }) => old.includes(metadata.name)),
    );
    await becomes("connected");
    expect(await agent.test()).toMatch(/Phase:\s+Succeeded/);
    expect(await kube.uids(APP_NAMESPACE)).toEqual(before);
  });

  test("goes without taking anything along, and comes back as the same cluster without a token", async () => {
    const before = await kube.uids(APP_NAMESPACE);
    await agent.uninstall();
    await becomes("unknown");
    expect(await kube.uids(APP_NAMESPACE)).toEqual(before);
    expect(await kube.run("get", "crds", "-o", "name")).toContain("novaapps.kubenova.io");
    const values = { joinToken: "", existingSecret: "there-is-none" };
    agent = await installAgent({ cluster, manager, joinToken: "", mode, values });
    await becomes("connected");
    expect(await kube.uids(APP_NAMESPACE)).toEqual(before);
  });
});
