import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { ANNOTATION } from "../../domain/names/labels.ts";
import type { ResourceGraphSpec } from "../../protocol/resources/graph.ts";
import { type Faults, GRAPH, SimulatedServer, simulatedContext } from "../../test/engine/simulated.ts";
import { createManualClock } from "../../test/kube/manual-clock.ts";
import { KubeError } from "../kube/index.ts";
import type { LiveGraph } from "./context.ts";
import { createShardSweeper, sweepShards } from "./shard-sweep.ts";

const HOUR_MS = 3_600_000;
const lost = new KubeError("no answer", { kind: "transient", status: 0, reason: "Timeout" });

function sceneOf() {
  const server = new SimulatedServer();
  const clock = createManualClock();
  const ending = new AbortController();
  const faults: Partial<Faults> = {};
  const asked: string[] = [];
  const { kube, log } = simulatedContext(server, {
    ...{ clock, random: () => 0.5, signal: ending.signal },
    faults: {
      async before(verb, ref) {
        asked.push(verb);
        await faults.before?.(verb, ref);
      },
      async after() {},
    },
  });
  /** As this process knows them. */
  const known = new Map<string, LiveGraph>();
  const at = () => new Date(clock.now()).toISOString();
  const ctx = { kube, clock, log, random: () => 0.5, signal: ending.signal };
  return {
    ...{ clock, faults, known, asked },
    graph(name: string, spec: Partial<ResourceGraphSpec> = {}): LiveGraph {
      const { apiVersion, kind, namespace } = GRAPH;
      const live = server.apply({ apiVersion, kind, metadata: { name, namespace }, spec }, at()) as LiveGraph;
      known.set(name, live);
      return live;
    },
    shard(name: string, graph: string) {
      const labels = { [ANNOTATION.graph]: graph };
      const { apiVersion, namespace } = GRAPH;
      server.apply(
        { apiVersion, kind: "ResourceGraphShard", metadata: { name, namespace, labels }, spec: {} },
        at(),
      );
    },
    remove(name: string) {
      server.delete({ ...GRAPH, name });
      known.delete(name);
    },
    start: () => createShardSweeper(ctx, () => known.values(), Promise.resolve()),
    sweep: (graceMs: number) => sweepShards(ctx, () => known.values(), graceMs),
    end: () => ending.abort(new Error("the test ends it")),
    shards: () =>
      [...server.objects.values()].flatMap(({ kind, metadata }) =>
        kind === "ResourceGraphShard" ? [metadata.name] : [],
      ),
    pass: async (ms: number) => {
      await clock.advance(ms);
      await setImmediate();
    },
  };
}

describe("shards whose graph has gone", () => {
  it("go at once where that is seen, and no other", async () => {
    const at = sceneOf();
    const [one, two] = [at.graph("one"), at.graph("two")];
    at.shard("of-one", one.metadata.uid);
    at.shard("of-two", two.metadata.uid);
    at.remove("one");
    at.start().gone(one, true);
    await at.pass(0);
    expect(at.shards()).toEqual(["of-two"]);
  });

  it("cost no request where there never were any", async () => {
    const at = sceneOf();
    const one = at.graph("one");
    at.remove("one");
    at.start().gone(one, false);
    await at.pass(0);
    expect(at.asked).toEqual([]);
  });

  it("stay where the graph is there all the same", async () => {
    const at = sceneOf();
    const one = at.graph("one");
    at.shard("of-one", one.metadata.uid);
    at.start().gone(one, true);
    await at.pass(0);
    expect(at.shards()).toEqual(["of-one"]);
  });

  it("go though the API server does not answer at first", async () => {
    const at = sceneOf();
    const one = at.graph("one");
    at.shard("of-one", one.metadata.uid);
    at.remove("one");
    at.faults.before = (verb) => (verb === "delete" ? Promise.reject(lost) : Promise.resolve());
    at.start().gone(one, true);
    await at.pass(0);
    expect(at.shards()).toEqual(["of-one"]);
    at.faults.before = async () => {};
    await at.pass(1_000);
    expect(at.shards()).toEqual([]);
  });

  it("stay where another graph names them", async () => {
    const at = sceneOf();
    const one = at.graph("one");
    for (const name of ["named", "unnamed"]) at.shard(name, one.metadata.uid);
    at.remove("one");
    at.graph("one", { nodes: [], shards: [{ name: "named", digest: "sha256:0" }] });
    at.start().gone(one, true);
    await at.pass(0);
    expect(at.shards()).toEqual(["named"]);
  });
});

describe("shards that a process left behind", () => {
  it("go when they are old enough: that of a graph that is there stays, known or not", async () => {
    const at = sceneOf();
    const there = at.graph("there");
    const unknown = at.graph("unknown");
    at.known.delete("unknown");
    at.shard("of-there", there.metadata.uid);
    at.shard("of-unknown", unknown.metadata.uid);
    at.shard("left", "gone");
    at.start();
    await at.pass(10_000);
    expect(at.shards()).toEqual(["of-there", "of-unknown", "left"]);
    await at.pass(600_000);
    expect(at.shards()).toEqual(["of-there", "of-unknown"]);
    at.end();
  });

  it("are looked for again, though a look failed", async () => {
    const at = sceneOf();
    at.faults.before = () => Promise.reject(lost);
    at.start();
    await at.pass(10_000);
    at.faults.before = async () => {};
    await at.pass(300_000);
    at.shard("left", "gone");
    await at.pass(2 * HOUR_MS);
    expect(at.shards()).toEqual([]);
    at.end();
  });

  it("stay where their graph came to be while they were being listed", async () => {
    const at = sceneOf();
    at.shard("left", "gone");
    at.faults.before = async () => {
      at.faults.before = async () => {};
      at.shard("of-new", at.graph("new").metadata.uid);
      at.known.delete("new");
    };
    await at.sweep(0);
    expect(at.shards()).toEqual(["of-new"]);
  });
});
