import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { until } from "../../test/lib/until.ts";
import {
  app,
  awaitPhase,
  configMap,
  type RunningOperator,
  raw,
  readyProject,
} from "../../test/operator/fixture.ts";
import { type OperatorFixture, operatorFixture } from "../../test/operator/operator-fixture.ts";
import type { NovaApp } from "./resources.ts";

const project = `preview${Date.now().toString(36)}`;
let fixture: OperatorFixture;
let operator: RunningOperator;
let namespace: string;
const signal = new AbortController().signal;

beforeAll(async () => {
  fixture = await operatorFixture();
  operator = await fixture.start();
  namespace = await readyProject(fixture.kube, project);
}, 120_000);
afterAll(() => fixture?.close(), 120_000);

const pod = {
  ...{ apiVersion: "v1", kind: "Pod", metadata: { name: "p" } },
  spec: { containers: [{ name: "c", image: "web:1", envFrom: [{ configMapRef: { name: "settings" } }] }] },
};
const novaApp = (name: string, source: Parameters<typeof app>[0]["source"]): NovaApp =>
  app({ project, name, source }) as unknown as NovaApp;
const render = (one: NovaApp) => operator.handle.render(one, signal);

describe("a rendering", () => {
  it("is the graph that a deployment makes, and asks the API server to change nothing", async () => {
    const source = raw(configMap("settings"), pod);
    const before = operator.writes().length;
    const rendering = await render(novaApp("shown", source));
    expect(operator.writes().length).toBe(before);
    if (!rendering.ok) throw new Error(JSON.stringify(rendering));
    expect(rendering.edges).toEqual([{ from: "ConfigMap/settings", to: "Pod/p", kind: "implied" }]);
    await fixture.kube.apply(app({ project, name: "shown", source: raw(configMap("settings")) }));
    await awaitPhase(fixture.kube, namespace, "shown", "Ready");
    const again = await render(novaApp("shown", raw(configMap("settings"))));
    const graph = { apiVersion: "kubenova.io/v1alpha1", kind: "ResourceGraph", namespace, name: "app-shown" };
    const live = (await fixture.kube.get(graph)) as unknown as { spec: { nodes: unknown } };
    expect(again).toMatchObject({ ok: true, nodes: live.spec.nodes, violations: [], denied: false });
    expect(again.ok && again.digest).not.toBe(rendering.digest);
  });

  it("of an image has the objects that a deployment of it has", async () => {
    const rendering = await render(
      novaApp("img", { image: { image: "web:1", ports: [{ name: "http", port: 80 }] } }),
    );
    expect(rendering.ok && rendering.nodes.map(({ id }) => id)).toEqual([
      "ServiceAccount/img",
      "Deployment.apps/img",
      "Service/img",
    ]);
  });

  it("that makes no graph says why", async () => {
    const rendering = await render(novaApp("twice", raw(configMap("a"), configMap("a"))));
    expect(rendering).toMatchObject({ ok: false, stage: "graph", code: "invalid-graph" });
    expect(!rendering.ok && rendering.errors[0]?.message).toContain("ConfigMap/a");
  });
});

describe("the view of a graph", () => {
  it("has every node with its state, and the edges", async () => {
    const source = raw(configMap("mine"), {
      ...configMap("late"),
      metadata: { name: "late", namespace: "kube-system" },
    });
    await fixture.kube.apply(app({ project, name: "seen", source }));
    const view = await until("the view shows the refusal", async () => {
      const seen = await operator.handle.view(namespace, "seen");
      const ready = seen?.nodes[0]?.state === "Ready";
      return ready && seen.phase === "Failed" && seen.observedGeneration === seen.generation && seen;
    });
    expect(view.revision).toBe("1");
    expect(view.nodes.map(({ name, state, apiVersion }) => [name, state, apiVersion])).toEqual([
      ["mine", "Ready", "v1"],
      ["late", "Failed", "v1"],
    ]);
    expect(view.nodes[1]?.message).toContain("forbidden");
  });

  it("is undefined where there is no graph", async () => {
    expect(await operator.handle.view(namespace, "nobody")).toBeUndefined();
  });
});
