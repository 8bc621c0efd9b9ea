import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { API, exists, graphsIn } from "../../test/engine/graphs.ts";
import { type LimitedAgent, openLimitedAgent } from "../../test/engine/limited-agent.ts";
import { mapNode } from "../../test/engine/team-graphs.ts";
import { until } from "../../test/lib/until.ts";

/** Rights that are taken away while the engine runs: of who applies, and of the agent that watches. */
const system = `lost-${Date.now().toString(36)}`;
const team = `${system}-team`;
const SERVICE = { apiVersion: "v1", kind: "Service" };
const MAP = { apiVersion: "v1", kind: "ConfigMap" };
/** Pauses after a refusal grow up to a minute. */
const HEALED_MS = 90_000;
let agent: LimitedAgent;
let graphs: LimitedAgent["graphs"];

beforeAll(async () => {
  agent = await openLimitedAgent(system);
  graphs = agent.graphs;
});
afterAll(() => agent?.close());

const service = (name: string, port: number) => ({
  id: `svc-${name}`,
  object: { ...SERVICE, metadata: { name }, spec: { ports: [{ port }] } },
});
const value = async (name: string) => ((await graphs.live(MAP, name)).data as { a?: string }).a;
const isThere = (type: typeof MAP, name: string) => exists(agent.kube, { ...type, namespace: team, name });
const setByHand = (name: string) =>
  agent.kube.patch({ ...MAP, namespace: team, name }, { data: { a: "9" } }, { fieldManager: "somebody" });
const deleteByHand = (name: string) => agent.kube.delete({ ...MAP, namespace: team, name });
const requests = (verb: string, status?: number) =>
  agent.engine.requests.filter((one) => one.verb === verb && (status ?? one.status) === one.status).length;
const removed = async (name: string) => {
  const all = graphsIn(agent.kube, team);
  await all.remove(name);
  await all.gone(name);
};

describe("the applier's Role loses a kind", () => {
  it("changes and prunes of it are refused in the API server's words, the others go on, and it heals", async () => {
    const name = "applier";
    await graphs.write(name, [mapNode("a1"), mapNode("gone1"), service("a1", 80)]);
    await graphs.awaitReady(name);
    await agent.mayApply("services");
    const before = requests("delete");
    await graphs.write(name, [mapNode("a1", { a: "2" }), service("a1", 81), service("new1", 80)]);
    await graphs.awaitNode(name, "a1", "Failed", `cannot patch resource "configmaps"`);
    for (const id of ["svc-a1", "svc-new1"]) await graphs.awaitNode(name, id, "Ready");
    expect(await value("a1")).toBe("1");
    expect(requests("delete")).toBe(before);
    expect(await isThere(MAP, "gone1")).toBe(true);
    await agent.mayApply("configmaps", "services");
    await graphs.awaitReady(name, HEALED_MS);
    expect(await value("a1")).toBe("2");
    expect(await isThere(MAP, "gone1")).toBe(false);
    await removed(name);
  });

  it("a deletion stands at what may not be deleted, says so, removes the rest, and ends when it may", async () => {
    const name = "deleted";
    await graphs.write(name, [mapNode("d1"), service("d1", 80)]);
    await graphs.awaitReady(name);
    await agent.mayApply("services");
    const all = graphsIn(agent.kube, team);
    await all.remove(name);
    await graphs.awaitNode(name, `ConfigMap/${team}/d1`, "Failed", `cannot delete resource "configmaps"`);
    await until("the rest is removed", async () => !(await isThere(SERVICE, "d1")));
    await agent.mayApply("configmaps", "services");
    const graph = { apiVersion: API, kind: "ResourceGraph", namespace: team, name };
    await until("the graph is gone", async () => !(await exists(agent.kube, graph)), {
      deadlineMs: HEALED_MS,
    });
    expect(await isThere(MAP, "d1")).toBe(false);
  });
});

describe("the agent may watch a kind no more", () => {
  it("the applier's rights take its place: drift is seen, and what was deleted meanwhile is made anew", async () => {
    const name = "replaced";
    await graphs.write(name, [mapNode("w1"), mapNode("w2"), service("w1", 80)]);
    await graphs.awaitReady(name);
    agent.relay.cut();
    await agent.mayWatch("services");
    await setByHand("w1");
    await deleteByHand("w2");
    agent.relay.restore();
    await until("drift is set back", async () => (await value("w1")) === "1");
    await until("the deleted one is made anew", () => isThere(MAP, "w2"));
    await graphs.awaitReady(name);
    expect(requests("watch", 403)).toBeGreaterThan(0);
    await setByHand("w1");
    await until("later drift is set back", async () => (await value("w1")) === "1");
    await agent.mayWatch("configmaps", "services");
    await removed(name);
  });

  it("nor may the applier: its node says so, nothing is deleted, the others go on, and it heals when it may again", async () => {
    const name = "blind";
    const adopt = { resources: [{ ...MAP, name: "b1" }] };
    await graphs.write(name, [mapNode("b1"), mapNode("b2"), service("b1", 80)], { adopt });
    await graphs.awaitReady(name);
    const before = requests("delete");
    await agent.mayWatch("services");
    await agent.mayApply("services");
    agent.relay.cut();
    agent.relay.restore();
    const { message } = await graphs.awaitNode(
      name,
      "b1",
      "Failed",
      "may watch ConfigMap any more",
      HEALED_MS,
    );
    expect(message).toMatch(/cannot (watch|list) resource "configmaps"/);
    await graphs.await(
      name,
      "says what it may not read",
      ({ adoption }) => adoption?.resources.some((one) => one.message?.startsWith("cannot be read")) === true,
    );
    await setByHand("b1");
    await deleteByHand("b2");
    await graphs.write(name, [mapNode("b1"), mapNode("b2"), service("b1", 81)], { adopt });
    await graphs.awaitNode(name, "svc-b1", "Ready");
    expect(await value("b1")).toBe("9");
    expect(requests("delete")).toBe(before);
    await agent.mayWatch("configmaps", "services");
    await agent.mayApply("configmaps", "services");
    // What is to be taken is watched apart from the nodes: each is allowed again in its own time.
    await graphs.await(
      name,
      "is ready, with what it took",
      ({ phase, adoption }) => phase === "Ready" && adoption?.taken === 1 && adoption.refused === 0,
      HEALED_MS,
    );
    expect([await value("b1"), await value("b2")]).toEqual(["1", "1"]);
    await removed(name);
  });
});
