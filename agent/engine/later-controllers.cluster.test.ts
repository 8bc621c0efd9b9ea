import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LABEL } from "../../domain/names/labels.ts";
import type { Adopt } from "../../protocol/resources/adopt.ts";
import type { GraphNode } from "../../protocol/resources/graph.ts";
import { attempt, run } from "../../test/cluster/run.ts";
import { graphsIn } from "../../test/engine/graphs.ts";
import { installPolicy, openTeamScene, type TeamScene } from "../../test/engine/later-writers.ts";
import { until } from "../../test/lib/until.ts";
import { isKind, type Kube } from "../kube/index.ts";

const system = `laterc-${Date.now().toString(36)}`;
const team = `${system}-team`;
const APPS = { apiVersion: "apps/v1", kind: "Deployment" };
const ALLOWED = "backup-operator";
let scene: TeamScene;
let kube: Kube;
let graphs: TeamScene["graphs"];
let kubectl: TeamScene["kubectl"];

beforeAll(async () => {
  scene = await openTeamScene(system);
  ({ kube, graphs, kubectl } = scene);
  await installPolicy(scene, [ALLOWED]);
});
afterAll(() => scene?.close());

const refusing = (resources: Adopt["resources"], more: Partial<Adopt> = {}): { adopt: Adopt } => ({
  adopt: { laterWriters: "Refuse", resources, ...more },
});
const deployment = (name: string, image: string) => ({
  ...APPS,
  metadata: { name, labels: { app: name } },
  spec: {
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: "a", image }] } },
  },
});
const node = (object: GraphNode["object"]): GraphNode => ({ id: object.kind.toLowerCase(), object });
const marked = async (type: { apiVersion: string; kind: string }, name: string) =>
  (await graphs.live(type, name)).metadata.labels?.[LABEL.laterWriters];
const images = async (kind: string) =>
  (await kube.list({ apiVersion: "apps/v1", kind }, { namespace: team })).items.map(
    ({ spec }) => (spec as ReturnType<typeof deployment>["spec"]).template.spec.containers[0]?.image,
  );
const replicas = async () => ((await graphs.live(APPS, "web")).spec as { replicas: number }).replicas;

describe("a workload whose later writers are refused", () => {
  const nodes = (image: string) => [node(deployment("web", image))];
  const adopt = refusing([{ ...APPS, name: "web" }]);

  it("is rolled out, scaled and reported on by Kubernetes' own controllers", async () => {
    await kubectl.run("create", "deployment", "web", "--image=web:1", "-n", team);
    await kubectl.run("label", "deployment", "web", "-n", team, "app=web", "--overwrite");
    await graphs.write("web", nodes("web:1"), adopt);
    await until("it is taken", async () => (await marked(APPS, "web")) === "refuse");
    await graphs.write("web", nodes("web:2"), adopt);
    await until("its controller makes the new ReplicaSet", async () =>
      (await images("ReplicaSet")).includes("web:2"),
    );
    await kubectl.run("autoscale", "deployment", "web", "--min=2", "--max=3", "-n", team);
    await until("its autoscaler scales it", async () => (await replicas()) === 2, { deadlineMs: 60_000 });
    await until("its controller says so in its status", async () => {
      const { metadata, status } = await graphs.live(APPS, "web");
      return (status as { observedGeneration?: number }).observedGeneration === metadata.generation;
    });
  });

  it("refuses an administrator, and not whom the chart allows", async () => {
    const write = (...who: string[]) =>
      kubectl.attempt(["set", "image", "deployment/web", "a=web:3", "-n", team, ...who]);
    const refusal = await write("--as=alice", "--as-group=system:masters");
    expect(refusal.stderr).toContain(`the ResourceGraph ${team}/web of KubeNova manages this object`);
    expect(await images("Deployment")).toEqual(["web:2"]);
    expect((await write(`--as=${ALLOWED}`, "--as-group=system:masters")).code).toBe(0);
    await until("it is set back, as any drift", async () => (await images("Deployment"))[0] === "web:2");
  });
});

it("a Helm release that was taken over can be neither upgraded nor uninstalled any more", async () => {
  const MAP = { apiVersion: "v1", kind: "ConfigMap" };
  const chart = await mkdtemp(join(tmpdir(), "kubenova-chart-"));
  await mkdir(join(chart, "templates"));
  await writeFile(join(chart, "Chart.yaml"), "apiVersion: v2\nname: shop\nversion: 0.1.0\n");
  const template = `{ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "shop" }, "data": { "a": "{{ .Values.a }}" } }`;
  await writeFile(join(chart, "templates", "map.yaml"), template);
  const at = ["--kubeconfig", scene.kubeconfig, "-n", team];
  await run(scene.helm, ["install", "shop", chart, "--set", "a=one", ...at]);
  const object = { ...MAP, metadata: { name: "shop" }, data: { a: "one" } };
  const owners = [`helm:${team}/shop`];
  await graphs.write("shop", [node(object)], refusing([{ ...MAP, name: "shop" }], { owners }));
  await graphs.awaitReady("shop");
  const upgrade = await attempt(scene.helm, ["upgrade", "shop", chart, "--set", "a=two", ...at]);
  // Applied on the server it is a conflict, from the client and by force it is the policy's no.
  expect([upgrade.code === 0, upgrade.stderr]).toEqual([false, expect.stringMatching(/kubenova|KubeNova/)]);
  expect((await attempt(scene.helm, ["uninstall", "shop", ...at])).code).not.toBe(0);
  expect((await graphs.live(MAP, "shop")).data).toEqual({ a: "one" });
  await rm(chart, { recursive: true });
});

it("what was selected by a label that it then lost stays refused, also for the next process", async () => {
  const MAP = { apiVersion: "v1", kind: "ConfigMap" };
  const object = { ...MAP, metadata: { name: "old" }, data: { a: "1" } };
  await kube.create(
    { ...object, metadata: { name: "old", namespace: team, labels: { was: "old" } } },
    { fieldManager: "kubectl" },
  );
  const adopt = refusing([{ ...MAP, selector: { matchLabels: { was: "old" } } }]);
  await graphs.write("old", [node(object)], adopt);
  await graphs.await("old", "is taken", ({ nodes }) => nodes?.[0]?.adopted === true);
  expect((await graphs.live(MAP, "old")).metadata.labels?.was).toBeUndefined();
  await scene.restart();
  await graphs.write("old", [node({ ...object, data: { a: "2" } })], adopt);
  await graphs.awaitReady("old");
  expect((await graphs.live(MAP, "old")).data).toEqual({ a: "2" });
  expect(await marked(MAP, "old")).toBe("refuse");
});

it("a namespace that is deleted takes such objects along", async () => {
  for (const name of ["web", "shop", "old"]) await graphsIn(kube, team).remove(name);
  await graphs.close();
  await until(
    "the namespace is gone",
    () =>
      kube.get({ apiVersion: "v1", kind: "Namespace", name: team }).then(
        () => false,
        (error: unknown) => isKind(error, "notFound"),
      ),
    { deadlineMs: 60_000 },
  );
});
