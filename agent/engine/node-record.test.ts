import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { GraphPhase, NodeStatus } from "../../protocol/resources/graph.ts";
import { GRAPH, graphOn, SimulatedServer, simulatedContext } from "../../test/engine/simulated.ts";
import { createManualClock } from "../../test/kube/manual-clock.ts";
import { KubeError } from "../kube/index.ts";
import type { LiveGraph } from "./context.ts";
import { nodesOfChunks } from "./node-lines.ts";
import { createNodeRecord, type NodeRecord } from "./node-record.ts";
import { createShardStore } from "./shard-store.ts";
import type { Snapshot } from "./status.ts";

const refused = new KubeError("no", { kind: "forbidden", status: 403, reason: "Forbidden" });

/** A graph of so many nodes, and what records them; each status that is due is written. */
function scene(count: number) {
  const server = new SimulatedServer();
  const clock = createManualClock();
  server.apply({ ...GRAPH, metadata: { name: GRAPH.name, namespace: GRAPH.namespace } }, "");
  const requests: string[] = [];
  const collected: NodeRecord[] = [];
  let isRefused = false;
  const states = new Map(Array.from({ length: count }, (_, n) => [`n-${n}`, "Ready"] as const)) as Map<
    string,
    NodeStatus["state"]
  >;
  let phase: GraphPhase = "Ready";
  let ending = new AbortController();
  const snapshot = (): Snapshot => {
    const nodes = [...states].map(([id, state]) => ({ id, kind: "ConfigMap", name: id, state }));
    return { generation: 1, phase, counts: { total: count, ready: count, failed: 0 }, nodes };
  };
  const start = (): NodeRecord => {
    ending.abort(new Error("another one starts"));
    ending = new AbortController();
    const { signal } = ending;
    const context = simulatedContext(server, {
      ...{ clock, signal, random: () => 0.5 },
      faults: {
        async before(verb) {
          requests.push(verb);
          if (verb === "create" && isRefused) throw refused;
        },
        async after() {},
      },
    });
    const live = () => graphOn(server);
    const shards = createShardStore({ kube: context.kube, signal, now: clock.now, live });
    const record = createNodeRecord({
      ctx: context,
      shards,
      live,
      snapshot,
      changed: () => write(record),
      collect: () => collected.push(record),
    });
    return record;
  };
  const write = (of: NodeRecord) => {
    const { nodeShards: _, ...status } = graphOn(server).status ?? {};
    const live = { ...graphOn(server), status: { ...status, ...of.fields(snapshot()) } };
    server.put(live as LiveGraph);
  };
  let record = start();
  return {
    ...{ requests, states },
    /** Something happened: a status is written. */
    look: () => write(record),
    rest: (now: GraphPhase) => {
      phase = now;
    },
    refuse: (now: boolean) => {
      isRefused = now;
    },
    restart() {
      record = start();
      write(record);
    },
    loseShard() {
      const [one] = graphOn(server).status?.nodeShards ?? [];
      server.delete({ ...GRAPH, kind: "ResourceGraphShard", name: one?.name ?? "" });
    },
    stored(): Map<string, NodeStatus> {
      const contents = (graphOn(server).status?.nodeShards ?? []).map(({ name }) => {
        const { spec } = server.get({ ...GRAPH, kind: "ResourceGraphShard", name });
        return (spec as { content: string }).content;
      });
      return new Map(nodesOfChunks(contents).map((node) => [node.id, node]));
    },
    async pass(ms: number) {
      for (let passed = 0; passed < ms; passed += 500) {
        await clock.advance(500);
        for (let turns = 0; turns < 20; turns += 1) await setImmediate();
      }
    },
    creates: () => requests.filter((verb) => verb === "create").length,
  };
}

describe("the states of all nodes", () => {
  it("cost nothing where the status shows them all", async () => {
    const at = scene(200);
    at.look();
    await at.pass(120_000);
    expect(at.requests).toEqual([]);
    expect(at.stored().size).toBe(0);
  });

  it("are stored a while after the graph rests, and named by its status", async () => {
    const at = scene(300);
    at.look();
    await at.pass(4_500);
    expect(at.requests).toEqual([]);
    await at.pass(1_000);
    const stored = at.stored();
    expect([...stored.keys()].sort()).toEqual([...at.states.keys()].sort());
    expect([...stored.values()].every(({ since }) => since !== undefined)).toBe(true);
  });

  it("are stored once a minute while it does not rest", async () => {
    const at = scene(300);
    at.rest("Executing");
    for (let seconds = 0; seconds < 59; seconds += 1) {
      at.look();
      await at.pass(1_000);
    }
    expect(at.requests).toEqual([]);
    await at.pass(2_000);
    expect(at.stored().size).toBe(300);
  });

  it("cost one shard where one of them changes, ten seconds after the last ones at the earliest", async () => {
    const at = scene(1_000);
    at.look();
    await at.pass(6_000);
    const before = at.creates();
    const since = at.stored().get("n-8")?.since;
    at.states.set("n-7", "Failed");
    at.look();
    await at.pass(3_000);
    expect(at.creates()).toBe(before);
    await at.pass(8_000);
    expect(at.creates()).toBe(before + 1);
    expect(at.stored().get("n-7")?.state).toBe("Failed");
    expect(at.stored().get("n-8")?.since).toBe(since);
  });

  it("are as they were after a restart that finds them so: nothing is written", async () => {
    const at = scene(300);
    at.look();
    await at.pass(6_000);
    const [before, creates] = [at.stored(), at.creates()];
    at.restart();
    await at.pass(120_000);
    expect(at.creates()).toBe(creates);
    expect(at.stored()).toEqual(before);
  });

  it("are stored anew where a shard of them is missing", async () => {
    const at = scene(300);
    at.look();
    await at.pass(6_000);
    at.loseShard();
    at.restart();
    await at.pass(20_000);
    expect(at.stored().size).toBe(300);
  });

  it("hold up no status where they cannot be stored, and are tried again", async () => {
    const at = scene(300);
    at.refuse(true);
    at.look();
    await at.pass(30_000);
    at.look();
    expect(at.stored().size).toBe(0);
    const tried = at.creates();
    expect(tried).toBeGreaterThan(0);
    at.refuse(false);
    await at.pass(60_000);
    expect(at.stored().size).toBe(300);
  });

  it("are no longer named where the graph has shrunk", async () => {
    const at = scene(300);
    at.look();
    await at.pass(6_000);
    for (const id of [...at.states.keys()].slice(100)) at.states.delete(id);
    at.look();
    expect(at.stored().size).toBe(0);
  });
});
