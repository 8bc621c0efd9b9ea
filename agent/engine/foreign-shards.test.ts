import { addAbortSignal, PassThrough } from "node:stream";
import { expect, it } from "vitest";
import { ANNOTATION, LABEL } from "../../domain/names/labels.ts";
import { GRAPH, graphOn, SimulatedServer, simulatedContext } from "../../test/engine/simulated.ts";
import { createManualClock } from "../../test/kube/manual-clock.ts";
import type { Kube, KubeObject, ResourceType } from "../kube/index.ts";
import { createMetrics } from "../metrics.ts";
import { createEngine } from "./engine.ts";

const HOUR_MS = 3_600_000;
const { apiVersion, kind, namespace, name } = GRAPH;
const SHARD = { apiVersion, kind: "ResourceGraphShard", namespace };

/** A namespace that was put back from a copy: its graph has another UID than its shard says. */
async function shardsLeft(cluster: string | undefined): Promise<string[]> {
  const server = new SimulatedServer();
  const clock = createManualClock();
  const made = new Date(clock.now() - HOUR_MS).toISOString();
  const { signal, ...ending } = endingOf();
  const { kube: simulated, log } = simulatedContext(server, { clock, signal, random: () => 0.5 });
  const shard: KubeObject = {
    ...SHARD,
    metadata: { name: "of-a-former-life", namespace, labels: { [ANNOTATION.graph]: "uid-of-before" } },
  };
  server.apply(shard, made);
  if (cluster !== undefined) {
    const shards = [{ name: "of-a-former-life", digest: `sha256:${"0".repeat(64)}` }];
    const labels = { [LABEL.cluster]: cluster };
    server.apply(
      { apiVersion, kind, metadata: { name, namespace, labels }, spec: { nodes: [], shards } } as KubeObject,
      made,
    );
  }
  const events = [
    ...(cluster === undefined ? [] : [{ type: "ADDED", object: graphOn(server) }]),
    {
      type: "BOOKMARK",
      object: { metadata: { resourceVersion: "99", annotations: { "k8s.io/initial-events-end": "true" } } },
    },
  ];
  const kube: Partial<Kube> = {
    ...simulated,
    resolve: async () => ({ group: "kubenova.io", version: "v1alpha1", resource: "x" }) as ResourceType,
    async stream({ signal: until }) {
      const body = new PassThrough();
      for (const event of events) body.write(`${JSON.stringify(event)}\n`);
      return { status: 200, headers: {}, body: until ? addAbortSignal(until, body) : body };
    },
  };
  const engine = createEngine({
    ...{ kube: kube as Kube, clock, log, signal, metrics: createMetrics(), random: () => 0.5 },
    ...{ systemNamespace: "system", clusterId: "ours", record: () => {} },
  });
  await engine.synced;
  await clock.advance(60_000);
  ending.end();
  await engine.stop();
  return [...server.objects.values()]
    .filter((one) => one.kind === SHARD.kind)
    .map(({ metadata }) => metadata.name);
}

function endingOf() {
  const ending = new AbortController();
  return { signal: ending.signal, end: () => ending.abort(new Error("the test ends it")) };
}

it("shards that a graph of another cluster's id names stay, though no graph of theirs is left", async () => {
  expect(await shardsLeft("another")).toEqual(["of-a-former-life"]);
});

it("shards that nobody names go", async () => {
  expect(await shardsLeft(undefined)).toEqual([]);
});
