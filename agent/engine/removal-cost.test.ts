import { afterEach, expect, it } from "vitest";
import { FINALIZER } from "../../protocol/resources/common.ts";
import { plan } from "../../test/attack/plan.ts";
import { GRAPH, graphOn, SimulatedServer, simulatedContext } from "../../test/engine/simulated.ts";
import { createManualClock } from "../../test/kube/manual-clock.ts";
import { createRunner } from "./runner.ts";

const NODES = 300;
let ending = new AbortController();
afterEach(() => {
  ending.abort(new Error("the test ends"));
  ending = new AbortController();
});

/** A graph of so many nodes that is there, and the server, whose answers come one by one. */
async function scene(count: number) {
  const server = new SimulatedServer();
  const clock = createManualClock();
  const random = plan.random("removal");
  const { signal } = ending;
  const context = simulatedContext(server, {
    ...{ clock, random, signal },
    faults: { before: async () => {}, after: () => clock.sleep(10 + 40 * random(), signal) },
  });
  const write = (names: number) => {
    const nodes = Array.from({ length: names }, (_, n) => ({
      id: `n${n}`,
      object: { apiVersion: "v1", kind: "ConfigMap", metadata: { name: `n${n}` } },
    }));
    const metadata = { name: GRAPH.name, namespace: GRAPH.namespace, finalizers: [FINALIZER] };
    const { apiVersion, kind } = GRAPH;
    server.apply({ apiVersion, kind, metadata, spec: { applyAs: { kind: "Agent" }, nodes } }, "");
    return graphOn(server);
  };
  const runner = createRunner(context, write(count), () => {});
  const until = async (objects: number) => {
    const left = () => [...server.objects.values()].filter(({ kind }) => kind === "ConfigMap").length;
    while (left() !== objects) await clock.advance(2);
  };
  await until(count);
  let looks = 0;
  const seen = server.seen.bind(server);
  server.seen = (key) => {
    looks += 1;
    return seen(key);
  };
  return { write, runner, until, looks: () => looks };
}

it("a prune looks at what it may send, not at all that leaves, with each answer", async () => {
  const { write, runner, until, looks } = await scene(NODES);
  runner.offer(write(0));
  await until(0);
  expect(looks()).toBeLessThan(20 * NODES);
});
