import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { type AgentIdentity, enrolCluster, TestAgent } from "../../test/workerd/agent.ts";
import { api } from "../../test/workerd/api.ts";
import { COUNTS_TO_D1_MS } from "./uplink.ts";

const capabilities = { components: {}, flags: {} };
const inventory = {
  kubernetesVersion: "v1.36.0",
  nodes: 3,
  nodesReady: 3,
  namespaces: 4,
  pods: 100,
  cpuMillicores: 1000,
  memoryBytes: 1,
  managed: { tenants: 1, projects: 1, apps: 1, graphs: 1 },
};

const stub = ({ clusterId }: AgentIdentity) => env.CLUSTER.getByName(clusterId);
const alarmOf = (identity: AgentIdentity) =>
  runInDurableObject(stub(identity), (_object, state) => state.storage.getAlarm());
const storedPods = async ({ clusterId }: AgentIdentity): Promise<number | undefined> => {
  const statement = env.DB.prepare("SELECT inventory FROM clusters WHERE id = ?").bind(clusterId);
  return JSON.parse((await statement.first<string>("inventory")) ?? "{}").pods;
};

it("counts that moved reach D1 within the hour, and a reader of the cluster at once; a new node reaches D1 at once", async () => {
  const identity = await enrolCluster();
  const agent = await TestAgent.connect(identity, { inventory });
  const untilTold = (pods: number) =>
    expect
      .poll(async () => {
        await runDurableObjectAlarm(stub(identity));
        return storedPods(identity);
      })
      .toBe(pods);
  await untilTold(100);
  await expect.poll(() => alarmOf(identity)).toBeNull();

  agent.send({
    t: "observed",
    capabilities: { components: { agent: { ready: true } }, flags: {} },
    inventory: { ...inventory, pods: 101 },
  });
  const view = async () =>
    (await api<{ inventory: { pods: number } }>("GET", `/clusters/${identity.name}`)).body;
  await expect.poll(async () => (await view()).inventory.pods).toBe(101);
  await expect.poll(() => alarmOf(identity)).toBeGreaterThan(Date.now() + COUNTS_TO_D1_MS / 2);
  await stub(identity).sweep();
  expect(await storedPods(identity)).toBe(100);

  agent.send({ t: "observed", capabilities, inventory: { ...inventory, pods: 102, nodes: 4 } });
  await untilTold(102);
});
