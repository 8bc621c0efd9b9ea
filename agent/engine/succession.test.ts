import { setImmediate } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { ANNOTATION } from "../../domain/names/labels.ts";
import { FINALIZER } from "../../protocol/resources/common.ts";
import type { GraphNode } from "../../protocol/resources/graph.ts";
import {
  type Faults,
  GRAPH,
  graphOn,
  SimulatedServer,
  simulatedContext,
} from "../../test/engine/simulated.ts";
import { createManualClock } from "../../test/kube/manual-clock.ts";
import { refString } from "../kube/index.ts";
import { applyGraph, type WrittenGraph } from "./apply-graph.ts";
import type { LiveGraph } from "./context.ts";
import { createRunner, type Runner } from "./runner.ts";

const X = { apiVersion: "v1", kind: "ConfigMap", namespace: "ns", name: "x" };
const node = (name: string, applyPolicy: GraphNode["applyPolicy"] = {}, a = "1"): GraphNode => ({
  id: name,
  object: { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "ns" }, data: { a } },
  applyPolicy,
});
const OWNER = { apiVersion: GRAPH.apiVersion, kind: "NovaApp", name: "app", uid: "uid", controller: true };

/** One graph, the server that holds it, and the process that carries it out. */
class Scene {
  readonly server = new SimulatedServer();
  readonly clock = createManualClock();
  readonly isControlled: boolean;
  /** Before a request reaches the server, and before its answer comes back. */
  faults: Partial<Faults> = {};
  #ending = new AbortController();
  #runner: Runner | undefined;
  #context = this.#start();

  constructor(isControlled = false) {
    this.isControlled = isControlled;
    this.server.on(refString(GRAPH), () => this.#look());
  }

  #start() {
    this.#ending = new AbortController();
    const faults: Faults = {
      before: async (verb, ref) => this.faults.before?.(verb, ref),
      after: async (verb, ref) => this.faults.after?.(verb, ref),
    };
    const { signal } = this.#ending;
    return simulatedContext(this.server, { clock: this.clock, random: () => 0.5, signal, faults });
  }

  #look(): void {
    if (this.server.objects.has(refString(GRAPH))) this.#take(graphOn(this.server));
  }

  #take(live: LiveGraph): void {
    if (this.#runner) this.#runner.offer(live);
    else this.#runner = createRunner(this.#context, live, () => {});
  }

  async write(nodes: GraphNode[]): Promise<void> {
    const { apiVersion, kind, name, namespace } = GRAPH;
    const ownerReferences = this.isControlled ? [OWNER] : [];
    const metadata = { name, namespace, finalizers: [FINALIZER], ownerReferences };
    const graph: WrittenGraph = {
      ...{ apiVersion, kind, metadata },
      spec: { applyAs: { kind: "Agent" }, nodes },
    };
    if (!this.isControlled) return void this.server.apply(graph, new Date(0).toISOString());
    await applyGraph(
      {
        ...{ kube: this.#context.kube, signal: this.#ending.signal, auditId: () => "test" },
        runner: () => this.#runner,
        took: (live) => this.#take(live as LiveGraph),
      },
      graph,
    );
  }

  kill(): void {
    this.#ending.abort(new Error("killed"));
    this.#runner?.stop();
    this.#runner = undefined;
  }

  restart(): void {
    this.kill();
    this.#context = this.#start();
    this.#look();
  }

  async until(what: string, isSo: () => boolean): Promise<void> {
    for (let passes = 0; !isSo(); passes += 1) {
      if (passes > 500) throw new Error(`${what}: never; ${JSON.stringify(this.graph?.status)}`);
      await this.pass(500);
    }
  }

  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 500) {
      await setImmediate();
      await this.clock.advance(500);
    }
  }

  /** Its newest generation is carried out, and the store says so. */
  ready(): Promise<void> {
    return this.until("the graph is Ready", () => {
      const { status, metadata } = this.graph ?? {};
      return status?.phase === "Ready" && status.observedGeneration === metadata?.generation;
    });
  }

  get graph(): LiveGraph | undefined {
    return this.server.objects.has(refString(GRAPH)) ? graphOn(this.server) : undefined;
  }

  get x() {
    return this.server.objects.get(refString(X));
  }
  get names() {
    return this.graph?.status?.inventory?.map(({ name }) => name).sort();
  }
}

let scene: Scene;
afterEach(() => scene.kill());

describe("an object that the graph made and now only observes", () => {
  it.each([
    ["a person", false],
    ["a controller", true],
  ])("is let go and observed, and stays when the graph goes: written by %s", async (_, isControlled) => {
    scene = new Scene(isControlled);
    await scene.write([node("a"), node("x")]);
    await scene.ready();
    await scene.write([node("a"), node("x", { mode: "Observe" })]);
    await scene.ready();
    expect(scene.x?.metadata.annotations?.[ANNOTATION.graph] ?? null).toBeNull();
    await scene.until("it is off the record", () => scene.names?.join() === "a");
    expect(scene.graph?.status?.counts).toEqual({ total: 2, ready: 2, failed: 0 });
    scene.server.delete(GRAPH);
    await scene.until("the graph is gone", () => scene.graph === undefined);
    expect(scene.x).toBeDefined();
  });

  it("stays where the graph goes before it was let go", async () => {
    scene = new Scene();
    await scene.write([node("a"), node("x")]);
    await scene.ready();
    scene.kill();
    await scene.write([node("a"), node("x", { mode: "Observe" })]);
    scene.server.delete(GRAPH);
    scene.restart();
    await scene.until("the graph is gone", () => scene.graph === undefined);
    expect(scene.x?.metadata.annotations?.[ANNOTATION.graph] ?? null).toBeNull();
    expect(scene.server.objects.size).toBe(1);
  });

  it("stays where its last apply is answered after the new graph came", async () => {
    scene = new Scene(true);
    const { promise, resolve } = Promise.withResolvers<void>();
    let asked = false;
    scene.faults.after = async (verb, { name }) => {
      if (verb !== "apply" || name !== "x") return;
      asked = true;
      await promise;
    };
    await scene.write([node("x")]);
    await scene.until("it was sent", () => asked);
    await scene.write([node("x", { mode: "Observe" })]);
    resolve();
    await scene.until("it is off the record", () => scene.graph?.status?.phase === "Ready" && !scene.names);
    expect(scene.x?.metadata.annotations?.[ANNOTATION.graph] ?? null).toBeNull();
  });
});

describe("how an object may go", () => {
  const policies: [string, GraphNode["applyPolicy"], object][] = [
    ["protect", { protect: true }, { protect: true }],
    ["Orphan", { deletionPolicy: "Orphan" }, { orphan: true }],
  ];

  it.each(policies)("%s, set just before it left, outlives a kill", async (_, policy) => {
    scene = new Scene(true);
    await scene.write([node("a"), node("x")]);
    await scene.ready();
    await scene.write([node("a"), node("x", policy)]);
    await scene.write([node("a")]);
    scene.restart();
    await scene.ready();
    expect(scene.x).toBeDefined();
  });

  it.each(policies)(
    "%s is on record before anything of a person's graph is sent",
    async (_, policy, said) => {
      scene = new Scene();
      await scene.write([node("a"), node("x")]);
      await scene.ready();
      let recorded: object | undefined;
      scene.faults.before = async (verb, { name }) => {
        if (verb === "apply" && name === "a")
          recorded = scene.graph?.status?.inventory?.find((entry) => entry.name === "x");
      };
      await scene.write([node("a", {}, "2"), node("x", policy)]);
      await scene.until("it is sent", () => recorded !== undefined);
      expect(recorded).toMatchObject(said);
    },
  );
});

describe("an object that comes back while its deletion is under way", () => {
  const deleting = () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    scene.faults.after = async (verb, { name }) => {
      if (verb === "delete" && name === "x") await promise;
    };
    return resolve;
  };
  const comeBack = async () => {
    await scene.write([node("a"), node("x")]);
    await scene.ready();
    const answer = deleting();
    await scene.write([node("a")]);
    await scene.until("it is deleted", () => scene.x === undefined);
    await scene.write([node("a"), node("x")]);
    const generation = scene.graph?.metadata.generation;
    await scene.until("it is known", () => scene.graph?.status?.observedGeneration === generation);
    return answer;
  };

  it("is made anew, and on record as what it now is", async () => {
    scene = new Scene();
    const answer = await comeBack();
    answer();
    await scene.ready();
    const { inventory = [] } = scene.graph?.status ?? {};
    expect(inventory.find(({ name }) => name === "x")?.uid).toBe(scene.x?.metadata.uid);
    expect(scene.names).toEqual(["a", "x"]);
  });

  it("is on record before it is made, so that a process that dies then leaves nothing behind", async () => {
    scene = new Scene();
    const answer = await comeBack();
    const { promise: recorded, resolve: go } = Promise.withResolvers<void>();
    let state: "none" | "asked" | "made" = "none";
    scene.faults.before = async (verb, { name }) => {
      if (verb !== "apply" || name !== "x") return;
      state = "asked";
      await recorded;
    };
    scene.faults.after = async (verb, { name }) => {
      if (verb !== "apply" || name !== "x") return;
      scene.kill();
      state = "made";
    };
    answer();
    await scene.until("it is to be made", () => state === "asked");
    // By then all is written that there is to say.
    await scene.pass(60_000);
    go();
    await scene.until("it is made", () => state === "made");
    await scene.write([node("a")]);
    scene.restart();
    await scene.until("nothing is left of it", () => scene.x === undefined);
    await scene.ready();
  });
});
