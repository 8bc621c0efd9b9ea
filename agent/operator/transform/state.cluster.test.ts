import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { until } from "../../../test/lib/until.ts";
import {
  API,
  isGone,
  type OperatorRun,
  type RunningOperator,
  readyProject,
  SYSTEM,
} from "../../../test/operator/fixture.ts";
import { type OperatorFixture, operatorFixture } from "../../../test/operator/operator-fixture.ts";
import { awaitTransform, inline, SETTINGS, transform } from "../../../test/operator/transforms.ts";
import type { Kube } from "../../kube/index.ts";
import { PATIENCE_MS } from "../rendering/outcomes.ts";

const project = `st${Date.now().toString(36)}`;
const COUNT = 20;
let fixture: OperatorFixture;
let kube: Kube;
let operator: RunningOperator;
let namespace: string;

const start = async (run: OperatorRun = {}) => {
  operator = await fixture.start(run);
};
const configMap = (name: string, of = namespace) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  namespace: of,
  name,
});
const ref = (name: string, of = namespace) => ({ apiVersion: API, kind: "Transform", namespace: of, name });
const apply = (name: string, spec: object, of = namespace) =>
  kube.apply(transform({ namespace: of, name, spec }), { force: true });

beforeAll(async () => {
  fixture = await operatorFixture();
  kube = fixture.kube;
  await start();
  namespace = await readyProject(kube, project);
});
afterAll(() => fixture?.close());

describe(`${COUNT} Transforms`, () => {
  const names = Array.from({ length: COUNT }, (_, n) => `n${n}`);

  it("cost four writes each: the graph, its object, and one status of both", async () => {
    const projects = {
      ...{ apiVersion: API, kind: "ResourceGraph", namespace: SYSTEM },
      name: `project-acme.${project}`,
    };
    await until("the project is on record", async () => {
      const { status } = await kube.get(projects);
      return (status as { phase?: string } | undefined)?.phase === "Ready";
    });
    operator.requests.length = 0;
    const began = performance.now();
    await Promise.all(names.map((name) => apply(name, inline(SETTINGS, { greeting: name }))));
    for (const name of names) await awaitTransform(kube, namespace, name, "Ready");
    await until("no write is under way", () => operator.writes().length >= 4 * COUNT);
    // On a machine that takes longer than that, who waits is told so: one status more.
    const isSlow = performance.now() - began > PATIENCE_MS;
    const counts: Record<string, number> = {};
    for (const { verb, resource } of operator.writes())
      counts[`${verb} ${resource}`] = (counts[`${verb} ${resource}`] ?? 0) + 1;
    const {
      "patch resourcegraphs.kubenova.io": ofGraphs = 0,
      "patch transforms.kubenova.io": ofTransforms = 0,
      ...applies
    } = counts;
    expect(applies).toEqual({ "apply resourcegraphs.kubenova.io": COUNT, "apply configmaps": COUNT });
    for (const statuses of [ofGraphs, ofTransforms]) {
      expect(statuses).toBeGreaterThanOrEqual(COUNT);
      expect(statuses).toBeLessThanOrEqual(isSlow ? 2 * COUNT : COUNT);
    }
    expect(operator.requests.filter(({ verb }) => verb === "get").length).toBe(0);
  });

  it("cost none when the operator starts anew, nor when they are looked at again", async () => {
    await operator.stop();
    await start();
    // A change of one that comes to nothing: when it has been judged, so have all that came before it.
    await kube.patch(ref("n0"), { metadata: { labels: { looked: "at" } } });
    await apply("last", inline(SETTINGS, { greeting: "last" }));
    await awaitTransform(kube, namespace, "last", "Ready");
    await until("its statuses are written", () => operator.writes().length >= 4);
    expect(
      operator
        .writes()
        .map(({ verb, resource }) => `${verb} ${resource}`)
        .sort(),
    ).toEqual([
      "apply configmaps",
      "apply resourcegraphs.kubenova.io",
      "patch resourcegraphs.kubenova.io",
      "patch transforms.kubenova.io",
    ]);
  });

  it("killed between a rendering and its graph: the next one goes on, and what ran meanwhile is untouched", async () => {
    await operator.stop();
    await start({ withoutGraphs: true });
    await apply("cut", inline(SETTINGS, { greeting: "cut" }));
    await apply("n1", inline(SETTINGS, { greeting: "changed" }));
    await until("nothing more is under way", () => operator.handle.stats().queued >= 2);
    await operator.stop();
    expect(await isGone(kube, configMap("cut"))).toBe(true);
    expect((await kube.get(configMap("n1"))).data).toMatchObject({ greeting: "n1" });
    await start();
    await awaitTransform(kube, namespace, "cut", "Ready");
    await awaitTransform(kube, namespace, "n1", "Ready");
    expect((await kube.get(configMap("n1"))).data).toMatchObject({ greeting: "changed" });
  });
});

describe("a module in a ConfigMap", () => {
  const store = (text: string) =>
    kube.apply(
      {
        ...{ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "module", namespace } },
        data: { "a.cue": text },
      },
      { force: true, fieldManager: "kubectl" },
    );
  const greeting = async () => ((await kube.get(configMap("mapped"))).data as { greeting: string }).greeting;

  it("is watched: a change is rendered without waiting for the interval", async () => {
    await store(SETTINGS);
    await apply("mapped", {
      cueRef: { type: "configmap", ref: "module" },
      input: { greeting: "a" },
      interval: "1h",
    });
    await awaitTransform(kube, namespace, "mapped", "Ready");
    await store(SETTINGS.replace("input.greeting, copies", `"changed", copies`));
    await until("it is rendered anew", async () => (await greeting()) === "changed");
  });

  it("that is gone or broken leaves the last good graph, and heals", async () => {
    await kube.delete(configMap("module"));
    const gone = await awaitTransform(kube, namespace, "mapped", "Failed");
    expect(gone.conditions?.find(({ type }) => type === "Fetched")).toMatchObject({
      reason: "SourceNotFound",
    });
    expect(await greeting()).toBe("changed");
    await store("nodes: {");
    await until("it says that the module is broken", async () => {
      const { conditions } = await awaitTransform(kube, namespace, "mapped", "Failed");
      return conditions?.find(({ type }) => type === "Rendered")?.reason === "InvalidModule";
    });
    expect(await greeting()).toBe("changed");
    await store(SETTINGS);
    await awaitTransform(kube, namespace, "mapped", "Ready");
    await until("what it makes is that of now", async () => (await greeting()) === "a");
  });
});

describe("a namespace of a person's own", () => {
  it("needs an applier, which is said; with one, and the agent's right to be it, all is well", async () => {
    const own = `${project}-own`;
    await kube.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: own } });
    await apply("web", inline(SETTINGS, { greeting: "hello" }), own);
    const status = await awaitTransform(kube, own, "web", "Failed");
    expect(status.message).toContain(`the namespace ${own} has no ServiceAccount kubenova-applier`);
    expect(status.conditions?.find(({ type }) => type === "Stalled")).toMatchObject({ reason: "NoApplier" });
    const account = { name: "kubenova-applier", namespace: own };
    await kube.apply({ apiVersion: "v1", kind: "ServiceAccount", metadata: account });
    await kube.apply({
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "RoleBinding",
      metadata: account,
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "edit" },
      subjects: [{ kind: "ServiceAccount", ...account }],
    });
    await awaitTransform(kube, own, "web", "Ready");
    await kube.delete(ref("web", own));
    await until("it is gone", () => isGone(kube, ref("web", own)));
    await kube.delete({ apiVersion: "v1", kind: "Namespace", name: own });
  });

  it("that is the agent's: the agent itself acts", async () => {
    await apply("own", inline(SETTINGS, { greeting: "hello" }), SYSTEM);
    await awaitTransform(kube, SYSTEM, "own", "Ready");
    const { spec } = await kube.get({
      apiVersion: API,
      kind: "ResourceGraph",
      namespace: SYSTEM,
      name: "transform-own",
    });
    expect((spec as { applyAs: object }).applyAs).toEqual({ kind: "Agent" });
  });
});

describe("an ordinary fault", () => {
  it("of a name whose graph would have none is said", async () => {
    const name = `x${"y".repeat(249)}`;
    await apply(name, inline(SETTINGS, { greeting: "hello" }));
    expect((await awaitTransform(kube, namespace, name, "Failed")).message).toContain("the name is too long");
  });
});
