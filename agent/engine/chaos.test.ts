import { setImmediate } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ANNOTATION } from "../../domain/names/labels.ts";
import { FINALIZER } from "../../protocol/resources/common.ts";
import type { GraphNode, ResourceGraphSpec, ResourceGraphStatus } from "../../protocol/resources/graph.ts";
import { plan, seeded } from "../../test/attack/plan.ts";
import { GRAPH, graphOn, SimulatedServer, simulatedContext } from "../../test/engine/simulated.ts";
import { createManualClock, type ManualClock } from "../../test/kube/manual-clock.ts";
import { KubeError, type LiveObject, type ObjectRef, refString } from "../kube/index.ts";
import { applyGraph } from "./apply-graph.ts";
import type { LiveGraph } from "./context.ts";
import { readInventory } from "./inventory.ts";
import { createRunner, type Runner } from "./runner.ts";

const SIZE = 14;
const LATENCY_MS = 2_000;
/** Virtual time, by which everything has long ended. */
const PATIENCE_MS = 4 * 3_600_000;

interface Plot {
  /** Node by node: which earlier ones it comes after. */
  edges: number[][];
  /** Specification by specification: which nodes it has, and with which value. */
  specs: { has: boolean[]; value: number }[];
  /** A controller writes the graph, by the engine; else a person does, whenever he likes. */
  controlled: boolean;
  seed: number;
  /** Of ten requests so many fail, until so many have. */
  failing: number;
  failures: number;
  kills: number;
  deleted: boolean;
}

const plots: fc.Arbitrary<Plot> = fc.record({
  edges: fc.tuple(
    ...Array.from({ length: SIZE }, (_, n) =>
      n === 0 ? fc.constant<number[]>([]) : fc.uniqueArray(fc.nat({ max: n - 1 }), { maxLength: 3 }),
    ),
  ),
  specs: fc.array(
    fc.record({
      has: fc.oneof(
        { weight: 5, arbitrary: fc.array(fc.boolean(), { minLength: SIZE, maxLength: SIZE }) },
        { weight: 1, arbitrary: fc.constant(Array<boolean>(SIZE).fill(false)) },
      ),
      value: fc.nat({ max: 2 }),
    }),
    { minLength: 1, maxLength: 4 },
  ),
  controlled: fc.boolean(),
  seed: fc.nat(),
  failing: fc.nat({ max: 6 }),
  failures: fc.nat({ max: 60 }),
  kills: fc.nat({ max: 4 }),
  deleted: fc.boolean(),
});

const idOf = (n: number) => `n${n}`;
const refOfNode = (n: number): ObjectRef => ({
  ...{ apiVersion: "v1", kind: "ConfigMap", namespace: "ns", name: idOf(n) },
});

function specOf({ edges }: Plot, { has, value }: Plot["specs"][number]): ResourceGraphSpec {
  const nodes = edges.flatMap((after, n): GraphNode[] => {
    if (!has[n]) return [];
    const metadata = { name: idOf(n), namespace: "ns" };
    const object = { apiVersion: "v1", kind: "ConfigMap", metadata, data: { value: String(value) } };
    return [{ id: idOf(n), object, dependsOn: after.filter((other) => has[other]).map(idOf) }];
  });
  return { applyAs: { kind: "Agent" }, nodes };
}

/** A graph, the server that holds it, and the process that carries it out until it is killed. */
class Theatre {
  readonly server = new SimulatedServer();
  readonly clock: ManualClock = createManualClock();
  readonly #plot: Plot;
  readonly #random: () => number;
  #failuresLeft: number;
  #process: { ending: AbortController; runner?: Runner } | undefined;

  constructor(plot: Plot) {
    this.#plot = plot;
    this.#random = seeded(plot.seed);
    this.#failuresLeft = plot.failures;
    this.server.changed = () => this.#nothingIsForgotten();
  }

  start(): void {
    const ending = new AbortController();
    const process: { ending: AbortController; runner?: Runner } = { ending };
    this.#process = process;
    const dies = () => new Promise<never>(() => {});
    const context = simulatedContext(this.server, {
      ...{ clock: this.clock, random: this.#random, signal: ending.signal, lateMs: LATENCY_MS },
      faults: {
        before: async (verb, ref) => {
          if (verb === "apply" && ref.kind === "ConfigMap") this.#dependenciesAreThere(ref, process.runner);
          await this.clock.sleep(LATENCY_MS * this.#random());
          // What had been sent when its process died may arrive all the same.
          if (ending.signal.aborted && this.#random() < 0.5) await dies();
          this.#fail();
        },
        after: async () => {
          await this.clock.sleep(LATENCY_MS * this.#random());
          if (ending.signal.aborted) await dies();
          this.#fail();
        },
      },
    });
    const take = (live: LiveGraph) => {
      if (ending.signal.aborted) return;
      if (process.runner?.live().metadata.uid === live.metadata.uid) process.runner.offer(live);
      else process.runner = createRunner(context, live, () => {});
    };
    const look = () => {
      const live = this.#graph();
      if (live) take(live);
    };
    this.server.on(refString(GRAPH), look);
    this.write = async (spec) => {
      const metadata = {
        ...{ name: GRAPH.name, namespace: GRAPH.namespace, finalizers: [FINALIZER] },
        ...(this.#plot.controlled ? { ownerReferences: [OWNER] } : {}),
      };
      const graph = { apiVersion: GRAPH.apiVersion, kind: GRAPH.kind, metadata, spec };
      if (!this.#plot.controlled) return void this.server.apply(graph, new Date(0).toISOString());
      await applyGraph(
        {
          ...{ kube: context.kube, signal: ending.signal, auditId: () => "test" },
          runner: () => process.runner,
          took: (live) => take(live as LiveGraph),
        },
        graph,
      );
    };
    look();
  }

  write: (spec: ResourceGraphSpec) => Promise<void> = async () => {};

  kill(): void {
    this.#process?.ending.abort(new Error("killed"));
    this.#process?.runner?.stop();
  }

  /** Lets time pass until it is so. */
  async until(what: string, isSo: () => boolean): Promise<void> {
    const end = this.clock.monotonic() + PATIENCE_MS;
    while (!isSo()) {
      if (this.clock.monotonic() > end)
        throw new Error(`${what}: never; ${JSON.stringify(this.#graph()?.status)}`);
      await this.pass(500);
    }
  }

  async pass(ms: number): Promise<void> {
    await setImmediate();
    await this.clock.advance(ms);
  }

  /** As the store has it: carried out, and said so. */
  isDone(): boolean {
    const graph = this.#graph();
    return graph?.status?.phase === "Ready" && graph.status.observedGeneration === graph.metadata.generation;
  }

  objects(): LiveObject[] {
    return [...this.server.objects.values()].filter(({ kind }) => kind === "ConfigMap");
  }

  #graph(): LiveGraph | undefined {
    return this.server.objects.has(refString(GRAPH)) ? graphOn(this.server) : undefined;
  }

  #fail(): void {
    if (this.#failuresLeft === 0 || this.#random() * 10 >= this.#plot.failing) return;
    this.#failuresLeft -= 1;
    throw new KubeError("unwell", { kind: "transient", status: 503, reason: "ServiceUnavailable" });
  }

  /** Asked as a node is sent: what it comes after is there, as the same specification wants it. */
  #dependenciesAreThere(ref: ObjectRef, runner: Runner | undefined): void {
    const nodes = new Map(runner?.live().spec.nodes.map((node) => [node.id, node]));
    for (const needed of nodes.get(ref.name)?.dependsOn ?? []) {
      const live = this.server.objects.get(refString({ ...ref, name: needed }));
      expect(live?.data, `${needed}, when ${ref.name} is sent`).toEqual(nodes.get(needed)?.object.data);
    }
  }

  /** The invariant of inventory.ts, at each change of anything. */
  #nothingIsForgotten(): void {
    const graph = this.#graph();
    const marked = this.objects().filter(({ metadata }) => metadata.annotations?.[ANNOTATION.graph]);
    const recorded = readInventory((graph?.status as ResourceGraphStatus | undefined)?.inventory);
    const named = new Set(graph?.spec.nodes.map(({ id }) => id));
    for (const { metadata, kind } of marked) {
      const key = refString({ ...refOfNode(0), kind, name: metadata.name });
      expect(named.has(metadata.name) || recorded.has(key), `${metadata.name} is on record`).toBe(true);
    }
  }
}

const OWNER = { apiVersion: GRAPH.apiVersion, kind: "NovaApp", name: "app", uid: "uid", controller: true };

async function perform(plot: Plot): Promise<void> {
  const theatre = new Theatre(plot);
  const random = seeded(plot.seed + 1);
  theatre.start();
  let killsLeft = plot.kills;
  const wanted = plot.specs.map((one) => specOf(plot, one));
  for (const spec of wanted) {
    let written = false;
    while (!written) {
      let failed = false;
      const writing = theatre.write(spec).then(
        () => {
          written = true;
        },
        () => {
          failed = true;
        },
      );
      const passes = Math.ceil(random() * 40);
      for (let n = 0; n < passes && !written && !failed; n += 1) await theatre.pass(500);
      if (killsLeft > 0 && random() < 0.6) {
        killsLeft -= 1;
        theatre.kill();
        theatre.start();
      } else {
        await theatre.until("the write ends", () => written || failed);
        await writing;
      }
    }
    for (let n = Math.floor(random() * 40); n > 0; n -= 1) await theatre.pass(500);
  }
  await theatre.until("the graph is Ready", () => theatre.isDone());
  const last = wanted.at(-1) as ResourceGraphSpec;
  await theatre.until("what left is gone", () => theatre.objects().length === last.nodes.length);
  expect(
    theatre
      .objects()
      .map(({ metadata, data }) => [metadata.name, data])
      .sort(),
  ).toEqual(last.nodes.map(({ id, object }) => [id, object.data]).sort());
  if (!plot.deleted) return;
  theatre.server.delete(GRAPH);
  await theatre.until("the graph is gone", () => !theatre.server.objects.has(refString(GRAPH)));
  expect(theatre.objects()).toEqual([]);
}

describe("a random graph, with failures, slow answers and kills", () => {
  it("never runs a node before its dependencies, never loses an object, and always ends", async () => {
    await fc.assert(fc.asyncProperty(plots, perform), { numRuns: plan.times(100), seed: plan.seed });
  }, 3_600_000);
});
