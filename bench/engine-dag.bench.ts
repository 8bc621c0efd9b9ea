/**
 * What the executor itself costs, a node: graphs of one ConfigMap each node against an API server in memory that answers
 * at once, from the graph's appearance until its status says Ready. Three shapes: a chain, where each node waits for the
 * one before it; wide, where none waits; random, where each waits for up to three earlier ones. Growth is the cost of a
 * node at 5,000 nodes over that at 500: 1 where the whole is linear. The processor's time is measured, not the clock's.
 */
import { createRunner } from "../agent/engine/runner.ts";
import { systemClock } from "../agent/kube/index.ts";
import type { GraphNode, ResourceGraphStatus } from "../protocol/resources/graph.ts";
import { seeded } from "../test/attack/plan.ts";
import { GRAPH, graphOn, SimulatedServer, simulatedContext } from "../test/engine/simulated.ts";
import { percentile, round, say } from "./lib/figures.ts";

const LARGE = 5_000;
const SMALL = 500;
/** Of each shape; the median counts. The first of all compiles, and is not counted. */
const ROUNDS = 5;

type Shape = (n: number, random: () => number) => number[];
const SHAPES: Readonly<Record<string, Shape>> = {
  chain: (n) => (n === 0 ? [] : [n - 1]),
  wide: () => [],
  random: (n, random) =>
    n === 0 ? [] : [...new Set(Array.from({ length: 3 }, () => Math.floor(random() * n)))],
};

export async function run(): Promise<Record<string, number | string>> {
  for (const shape of Object.values(SHAPES)) await measure(shape, SMALL);
  const figures: Record<string, number> = {};
  let worst = 0;
  let growth = 0;
  for (const [name, shape] of Object.entries(SHAPES)) {
    const large = await median(shape, LARGE);
    const small = await median(shape, SMALL);
    say(`${name}: ${round(large)} us a node of ${LARGE}, ${round(small)} of ${SMALL}`);
    figures[`${name}_us_per_node`] = round(large);
    figures[`${name}_growth`] = round(large / small, 2);
    worst = Math.max(worst, large);
    growth = Math.max(growth, large / small);
  }
  return { us_per_node: round(worst), growth: round(growth, 2), nodes: LARGE, ...figures };
}

/** Each round is of as many nodes, in one graph or in ten after each other: what is collected between counts for both. */
async function median(shape: Shape, size: number): Promise<number> {
  const rounds: number[] = [];
  while (rounds.length < ROUNDS) {
    let sum = 0;
    for (let nodes = 0; nodes < LARGE; nodes += size) sum += size * (await measure(shape, size));
    rounds.push(sum / LARGE);
  }
  return percentile(rounds, 0.5);
}

/** Microseconds of processor time a node. */
async function measure(shape: Shape, size: number): Promise<number> {
  const random = seeded(size);
  const nodes = Array.from({ length: size }, (_, n): GraphNode => {
    const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: `c${n}` }, data: { a: "1" } };
    return { id: `n${n}`, object, dependsOn: shape(n, random).map((other) => `n${other}`) };
  });
  const server = new SimulatedServer();
  server.apply(
    {
      ...{ apiVersion: GRAPH.apiVersion, kind: GRAPH.kind, spec: { applyAs: { kind: "Agent" }, nodes } },
      metadata: {
        name: GRAPH.name,
        namespace: GRAPH.namespace,
        finalizers: ["kubenova.io/prune"],
        ownerReferences: [OWNER],
      },
    },
    new Date().toISOString(),
  );
  const ending = new AbortController();
  const context = simulatedContext(server, { clock: systemClock, random, signal: ending.signal });
  globalThis.gc?.();
  const before = process.cpuUsage();
  const status = await new Promise<ResourceGraphStatus>((resolve) => {
    createRunner(context, graphOn(server), (told) => {
      if (told && told.phase !== "Executing") resolve(told);
    });
  });
  const { user, system } = process.cpuUsage(before);
  if (status.phase !== "Ready" || status.counts?.ready !== size)
    throw new Error(`the graph is ${status.phase}: ${status.message}`);
  ending.abort();
  return (user + system) / size;
}

/** A controller's graph, as those of apps are. */
const OWNER = { apiVersion: GRAPH.apiVersion, kind: "NovaApp", name: "app", uid: "uid", controller: true };
