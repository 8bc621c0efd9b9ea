import { afterEach, expect, it } from "vitest";
import { ANNOTATION } from "../../domain/names/labels.ts";
import { FINALIZER } from "../../protocol/resources/common.ts";
import { GRAPH, graphOn, SimulatedServer, simulatedContext } from "../../test/engine/simulated.ts";
import { createManualClock } from "../../test/kube/manual-clock.ts";
import { createRunner } from "./runner.ts";

/** More than a status shows: the states of all stand in shards. */
const NODES = 250;
const ending = new AbortController();
afterEach(() => ending.abort(new Error("the test ends")));

it("under a rollback that is refused, shards that nobody names go as ever", async () => {
  const server = new SimulatedServer();
  const clock = createManualClock();
  const context = simulatedContext(server, { clock, random: () => 0.5, signal: ending.signal });
  const write = (more: object) => {
    const nodes = Array.from({ length: NODES }, (_, n) => ({
      id: `n${n}`,
      object: { apiVersion: "v1", kind: "ConfigMap", metadata: { name: `n${n}` } },
    }));
    const { apiVersion, kind, name, namespace } = GRAPH;
    const metadata = { name, namespace, finalizers: [FINALIZER] };
    server.apply({ apiVersion, kind, metadata, spec: { applyAs: { kind: "Agent" }, nodes, ...more } }, "");
    return graphOn(server);
  };
  const shards = () =>
    [...server.objects.values()].flatMap(({ kind, metadata }) =>
      kind === "ResourceGraphShard" ? [metadata.name] : [],
    );
  const runner = createRunner(context, write({}), () => {});
  const pass = async () => {
    for (let seconds = 0; seconds < 90; seconds += 1) await clock.advance(1_000);
  };
  await pass();
  expect(graphOn(server).status?.phase).toBe("Ready");
  runner.offer(write({ rollbackTo: `sha256:${"f".repeat(64)}` }));
  await pass();
  expect(graphOn(server).status).toMatchObject({ phase: "Failed", counts: { ready: NODES } });
  for (const reconcile of ["disabled", "enabled", "disabled"]) {
    const live = server.get({ apiVersion: "v1", kind: "ConfigMap", namespace: GRAPH.namespace, name: "n7" });
    const annotations = { ...live.metadata.annotations, [ANNOTATION.reconcile]: reconcile };
    server.put({ ...live, metadata: { ...live.metadata, annotations } });
    await pass();
  }
  const { inventoryShards = [], nodeShards = [], history = [] } = graphOn(server).status ?? {};
  const named = [...inventoryShards, ...nodeShards, ...history.flatMap((entry) => entry.shards)];
  expect(nodeShards.length).toBeGreaterThan(0);
  expect(shards().sort()).toEqual(named.map(({ name }) => name).sort());
});
