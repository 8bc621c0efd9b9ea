import { afterAll, beforeAll, expect, it } from "vitest";
import { type Cluster, up } from "../../test/cluster/index.ts";
import { configMap } from "../../test/kube/fixture.ts";
import { until } from "../../test/lib/until.ts";
import { createReflector, type Kube, loadKube } from "./index.ts";

/** Servers before 1.34 answer so unless they were told otherwise. */
let cluster: Cluster;
let kube: Kube;
beforeAll(async () => {
  cluster = await up({ name: "unit-kube-no-watch-list", node: "none", featureGates: { WatchList: false } });
  kube = await loadKube({ kubeconfig: cluster.kubeconfig });
});
afterAll(async () => {
  kube?.close();
  await cluster?.down();
});

it("a server without WatchList is listed page by page, and watched from there", async () => {
  await Promise.all(Array.from({ length: 1_200 }, (_, n) => kube.apply(configMap("default", `c-${n}`))));
  const errors: unknown[] = [];
  const type = { apiVersion: "v1", kind: "ConfigMap" };
  const reflector = createReflector(kube, {
    type,
    namespace: "default",
    onError: (error) => errors.push(error),
  });
  await reflector.synced;
  expect([...reflector.store.keys()].filter((key) => key.startsWith("default/c-"))).toHaveLength(1_200);
  await kube.apply(configMap("default", "later"));
  await until("the later one is known", () => reflector.store.has("default/later"));
  expect(reflector.health()).toMatchObject({ state: "watching", relists: 0 });
  expect(errors).toEqual([]);
  await reflector.stop();
});
