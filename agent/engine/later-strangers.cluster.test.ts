import { afterAll, beforeAll, expect, it } from "vitest";
import { LABEL } from "../../domain/names/labels.ts";
import { installPolicy, openTeamScene, type TeamScene } from "../../test/engine/later-writers.ts";

const system = `laters-${Date.now().toString(36)}`;
const team = `${system}-team`;
const MAP = { apiVersion: "v1", kind: "ConfigMap" };
let scene: TeamScene;

beforeAll(async () => {
  scene = await openTeamScene(system);
  await installPolicy(scene);
});
afterAll(() => scene?.close());

/** kubectl on a ConfigMap, as an administrator of the whole cluster who is not KubeNova. */
const asAdmin = (verb: string, name: string, ...flags: string[]) =>
  scene.kubectl.attempt([
    ...[verb, "configmap", name, "-n", team],
    ...["--as=alice", "--as-group=system:masters", ...flags],
  ]);
const refusing = { [LABEL.laterWriters]: "refuse" };

it("a copied label on an object that no graph made refuses nobody, nor does its copying", async () => {
  const metadata = { name: "copy", namespace: team };
  await scene.kube.create({ ...MAP, metadata, data: { a: "1" } }, { fieldManager: "kubectl" });
  expect((await asAdmin("label", "copy", `${LABEL.laterWriters}=refuse`)).code).toBe(0);
  expect((await asAdmin("patch", "copy", "-p", '{"data":{"a":"2"}}')).code).toBe(0);
  expect((await asAdmin("label", "copy", `${LABEL.laterWriters}-`)).code).toBe(0);
});

it("who makes an object in our name cannot lock others out: its annotation hands it over", async () => {
  const annotations = { "kubenova.io/reconcile": "enabled" };
  const metadata = { name: "forged", namespace: team, labels: refusing, annotations };
  await scene.kube.apply({ ...MAP, metadata, data: { a: "1" } }, { fieldManager: "kubenova" });
  expect((await asAdmin("patch", "forged", "-p", '{"data":{"a":"2"}}')).stderr).toContain(
    "kubenova.io/reconcile=disabled",
  );
  const handOver = await asAdmin("annotate", "forged", "--overwrite", "kubenova.io/reconcile=disabled");
  expect([handOver.code, handOver.stderr]).toEqual([0, ""]);
  expect((await asAdmin("patch", "forged", "-p", '{"data":{"a":"2"}}')).code).toBe(0);
  expect((await asAdmin("delete", "forged")).code).toBe(0);
});

it("the label is not put on what a graph holds by anybody but the graph", async () => {
  const metadata = { name: "held", namespace: team };
  await scene.kube.apply({ ...MAP, metadata, data: { a: "1" } }, { fieldManager: "kubenova" });
  const { code, stderr } = await asAdmin("label", "held", `${LABEL.laterWriters}=refuse`);
  expect(code).not.toBe(0);
  expect(stderr).toContain("only a graph's own apply sets the label");
});
