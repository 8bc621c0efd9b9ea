import { afterEach, describe, expect, it } from "vitest";
import { FINALIZER } from "../../protocol/resources/common.ts";
import type { ResourceGraphSpec } from "../../protocol/resources/graph.ts";
import { GRAPH, graphOn, SimulatedServer, simulatedContext } from "../../test/engine/simulated.ts";
import { createManualClock } from "../../test/kube/manual-clock.ts";
import { refString } from "../kube/index.ts";
import { applyGraph } from "./apply-graph.ts";
import type { LiveGraph } from "./context.ts";
import { createRunner, type Runner } from "./runner.ts";

const OWNER = { apiVersion: GRAPH.apiVersion, kind: "NovaApp", name: "app", uid: "uid", controller: true };

/** A graph of a controller's, in memory, and the process that carries it out. */
function scene() {
  const server = new SimulatedServer();
  const clock = createManualClock();
  const writes: string[] = [];
  let ending = new AbortController();
  let runner: Runner | undefined;
  const faults = {
    before: async (verb: string, { kind }: { kind: string }) => {
      if (verb !== "get") writes.push(`${verb} ${kind}`);
      if (ending.signal.aborted) await new Promise(() => {});
    },
    after: async () => {},
  };
  const start = () => {
    ending = new AbortController();
    runner = undefined;
    const { signal } = ending;
    const context = simulatedContext(server, { clock, random: () => 0.5, signal, faults });
    const take = (live: LiveGraph) => {
      if (signal.aborted) return;
      if (runner) runner.offer(live);
      else runner = createRunner(context, live, () => {});
    };
    server.on(refString(GRAPH), () => take(graphOn(server)));
    if (server.objects.has(refString(GRAPH))) take(graphOn(server));
    return async (spec: ResourceGraphSpec) => {
      const metadata = { name: GRAPH.name, namespace: GRAPH.namespace, finalizers: [FINALIZER] };
      const graph = { ...GRAPH, metadata: { ...metadata, ownerReferences: [OWNER] }, spec };
      const { apiVersion, kind } = GRAPH;
      const took = (live: object) => take(live as LiveGraph);
      await applyGraph(
        { kube: context.kube, signal, auditId: () => "test", runner: () => runner, took },
        { apiVersion, kind, metadata: graph.metadata, spec },
      );
    };
  };
  let write = start();
  return {
    writes,
    graph: () => graphOn(server),
    write: (spec: ResourceGraphSpec) => write(spec),
    kill() {
      ending.abort(new Error("killed"));
      runner?.stop();
      write = start();
    },
    end: () => ending.abort(new Error("the test ends")),
    names: (kind: string) =>
      [...server.objects.values()].filter((one) => one.kind === kind).map(({ metadata }) => metadata.name),
    async settled(): Promise<LiveGraph> {
      for (let n = 0; n < 60; n += 1) await clock.advance(1_000);
      return graphOn(server);
    },
  };
}

/** ConfigMaps of these names. */
const spec = (names: string[], more: Partial<ResourceGraphSpec> = {}): ResourceGraphSpec => ({
  applyAs: { kind: "Agent" },
  nodes: names.map((name) => ({
    id: name,
    object: { apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data: { a: "1" } },
  })),
  ...more,
});

describe("the former graphs of a graph", () => {
  let at = scene();
  afterEach(() => {
    at.end();
    at = scene();
  });
  /** Written one after another, each until it is carried out. */
  const written = async (...specs: ResourceGraphSpec[]): Promise<LiveGraph> => {
    for (const one of specs) {
      await at.write(one);
      await at.settled();
    }
    return at.graph();
  };

  it("cost a first apply nothing: the graph, its object, its status", async () => {
    const { status } = await written(spec(["a"]));
    expect(at.writes).toEqual(["apply ResourceGraph", "apply ConfigMap", "patch ResourceGraph"]);
    expect(status).toMatchObject({ phase: "Ready" });
    expect(status?.history).toBeUndefined();
  });

  it("are listed by digest, newest first, and as many as the limit says; others leave no shard", async () => {
    const digests: (string | undefined)[] = [];
    for (const names of [["a"], ["b"], ["c"], ["d"]])
      digests.unshift((await written(spec(names, { historyLimit: 2 }))).status?.digest);
    const { status } = at.graph();
    expect(status?.history?.map(({ digest }) => digest)).toEqual(digests.slice(1, 3));
    expect(status?.history?.map(({ phase }) => phase)).toEqual(["Ready", "Ready"]);
    expect(at.names("ResourceGraphShard")).toHaveLength(2);
    expect((await written(spec(["d"], { historyLimit: 0 }))).status?.history).toBeUndefined();
    expect(at.names("ResourceGraphShard")).toEqual([]);
  });

  it("do not grow by what changes no node", async () => {
    const { status } = await written(spec(["a"]), spec(["a"], { labels: { tier: "x" } }));
    expect(status?.history).toBeUndefined();
  });

  it("are carried out again by rollbackTo, and left again", async () => {
    const former = (await written(spec(["a", "b"]))).status?.digest as string;
    await written(spec(["b", "c"]));
    expect(at.names("ConfigMap").sort()).toEqual(["b", "c"]);

    const { status } = await written(spec(["b", "c"], { rollbackTo: former }));
    expect(at.names("ConfigMap").sort()).toEqual(["a", "b"]);
    expect(status).toMatchObject({ phase: "Ready", digest: former, rolledBackTo: former });

    at.kill();
    await at.settled();
    expect(at.names("ConfigMap").sort()).toEqual(["a", "b"]);

    const forward = await written(spec(["b", "c"]));
    expect(at.names("ConfigMap").sort()).toEqual(["b", "c"]);
    expect(forward.status?.rolledBackTo).toBeUndefined();
    expect(forward.status?.history?.map(({ digest }) => digest)).toEqual([former]);
  });

  it("that nobody knows are refused in words, and nothing is pruned", async () => {
    await written(spec(["a"]), spec(["b"]));
    const unknown = `sha256:${"0".repeat(64)}`;
    const { status } = await written(spec(["b"], { rollbackTo: unknown }));
    expect(status).toMatchObject({ phase: "Failed" });
    expect(status?.message).toContain(`rollbackTo ${unknown} is not in its history: there are sha256:`);
    expect(at.names("ConfigMap")).toEqual(["b"]);
    expect((await written(spec(["b"]))).status).toMatchObject({ phase: "Ready" });
  });

  it("are not forgotten by a process that dies before it lists them", async () => {
    const former = (await written(spec(["a"]))).status?.digest;
    await at.write(spec(["b"]));
    at.kill();
    const { status } = await at.settled();
    expect(status?.history?.map(({ digest }) => digest)).toEqual([former]);
  });
});
