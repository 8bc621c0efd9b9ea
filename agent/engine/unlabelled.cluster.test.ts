import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type EngineFixture, engineFixture } from "../../test/engine/engine-fixture.ts";
import { nodeOf } from "../../test/engine/graphs.ts";
import { configMap } from "../../test/kube/fixture.ts";
import { until } from "../../test/lib/until.ts";
import type { Kube, KubeObject } from "../kube/index.ts";

/** What has no label of ours is in no watch of its kind: it is seen all the same when it goes. */
const namespace = `unlabelled-${Date.now().toString(36)}`;
const FINALIZER = "somebody.example/holds";
let fixture: EngineFixture;
let kube: Kube;
let graphs: EngineFixture["graphs"];
let name: string;
let made = 0;

beforeAll(async () => {
  fixture = await engineFixture(namespace);
  ({ kube, graphs } = fixture);
  await fixture.start();
});
beforeEach(() => {
  made += 1;
  name = `u${made}`;
});
afterAll(() => fixture?.close());

const ref = () => ({ apiVersion: "v1", kind: "ConfigMap", namespace, name });
const patch = (metadata: object) => kube.patch(ref(), { metadata }, { fieldManager: "somebody" });

describe("an object without our label, which is being deleted", () => {
  it("and is in a node's way: once it is gone, the node is applied", async () => {
    const theirs = configMap(namespace, name, { by: "somebody" }) as KubeObject;
    theirs.metadata.finalizers = [FINALIZER];
    const { metadata } = await kube.create(theirs, { fieldManager: "somebody" });
    await kube.delete(ref());
    await graphs.put(name, [nodeOf(configMap(namespace, name))]);
    await graphs.awaitStatus(name, "waits", ({ message = "" }) =>
      message.includes(`still being deleted, held by ${FINALIZER}`),
    );
    await patch({ finalizers: null });
    await graphs.ready(name);
    const ours = await kube.get(ref());
    expect(ours.metadata.uid).not.toBe(metadata.uid);
    expect(ours.data).toEqual({ a: "1" });
  });

  it.each([
    ["a prune", () => graphs.put(name, [])],
    ["the deletion of its graph", () => graphs.remove(name)],
  ])("and had it: %s ends once it is gone", async (_, change) => {
    await graphs.put(name, [nodeOf(configMap(namespace, name))]);
    await graphs.ready(name);
    await patch({ finalizers: [FINALIZER], labels: { "app.kubernetes.io/managed-by": null } });
    await change();
    await until("it is named", async () => {
      const { nodes = [], message = "" } = (await graphs.get(name)).status ?? {};
      return [message, ...nodes.map((node) => node.message ?? "")].some((text) => text.includes(FINALIZER));
    });
    await patch({ finalizers: null });
    await until("it is over", async () => {
      const graph = await graphs.get(name).catch(() => undefined);
      return (
        !graph ||
        (graph.status?.phase === "Ready" &&
          graph.status.observedGeneration === graph.metadata.generation &&
          graph.status.inventory === undefined)
      );
    });
  });
});
