import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { LABEL } from "../../domain/names/labels.ts";
import type { Adopt } from "../../protocol/resources/adopt.ts";
import { graphsIn } from "../../test/engine/graphs.ts";
import { installPolicy, openTeamScene, type TeamScene } from "../../test/engine/later-writers.ts";
import { mapNode } from "../../test/engine/team-graphs.ts";
import { until } from "../../test/lib/until.ts";

const system = `later-${Date.now().toString(36)}`;
const team = `${system}-team`;
const MAP = { apiVersion: "v1", kind: "ConfigMap" };
let scene: TeamScene;
let graphs: TeamScene["graphs"];
let kubectl: TeamScene["kubectl"];
let name: string;
let made = 0;

beforeAll(async () => {
  scene = await openTeamScene(system);
  ({ graphs, kubectl } = scene);
});
beforeEach(() => {
  made += 1;
  name = `l${made}`;
});
afterAll(() => scene?.close());

const refusing = (more: Partial<Adopt> = {}): { adopt: Adopt } => ({
  adopt: { laterWriters: "Refuse", resources: [{ ...MAP, name }], ...more },
});
const live = () => graphs.live(MAP, name);
const value = async () => ((await live()).data as { a?: string }).a;
const isMarked = async () => (await live()).metadata.labels?.[LABEL.laterWriters] === "refuse";
/** kubectl on this object, as an administrator of the whole cluster who is not KubeNova; a verb and its flags. */
const asAdmin = (verb: string, ...flags: string[]) =>
  kubectl.attempt([verb, "configmap", name, "-n", team, "--as=alice", "--as-group=system:masters", ...flags]);
const patch = (data: object) => asAdmin("patch", "--type=merge", "-p", JSON.stringify({ data }));
const REFUSAL = () => new RegExp(`ResourceGraph ${team}/${name} of KubeNova manages this object`);
/** An object that kubectl made, and the graph has taken. */
async function taken(data = { a: "1" }, more: Partial<Adopt> = {}): Promise<void> {
  const object = { ...MAP, metadata: { name, namespace: team }, data: { a: "0" } };
  const { code, stderr } = await kubectl.attempt(["apply", "-f", "-"], JSON.stringify(object));
  if (code !== 0) throw new Error(stderr);
  await graphs.write(name, [mapNode(name, data)], refusing(more));
  await graphs.await(
    name,
    "has taken it",
    ({ phase, nodes }) => phase === "Ready" && nodes?.[0]?.adopted === true,
  );
}

it("without the policy nothing is claimed: the status says that others are not refused; then it comes", async () => {
  await taken();
  const { message } = await graphs.await(
    name,
    "says so",
    ({ adoption }) => adoption?.laterWriters?.refused === false,
  );
  expect(message).toContain("not refused, only seen as drift");
  expect(message).toContain("no ValidatingAdmissionPolicy and no ValidatingAdmissionPolicyBinding");
  expect((await patch({ a: "2" })).code).toBe(0);
  await until("it is set back", async () => (await value()) === "1");
  await installPolicy(scene);
  const status = await graphs.await(
    name,
    "says that it is there",
    ({ adoption }) => adoption?.laterWriters?.refused === true,
  );
  expect(status.message).toBeUndefined();
  expect((await patch({ a: "2" })).stderr).toMatch(REFUSAL());
});

describe("with the policy, an object that was taken", () => {
  beforeEach(() => taken());

  it("refuses whoever changes, deletes or unmarks it, and says who manages it and how it is handed back", async () => {
    const before = await live();
    const forced = [
      "apply",
      "--server-side",
      "--force-conflicts",
      "-f",
      "-",
      "--as=alice",
      "--as-group=system:masters",
    ];
    const other = JSON.stringify({ ...MAP, metadata: { name, namespace: team }, data: { a: "2" } });
    const refused = [
      await patch({ a: "2" }),
      await patch({ a: null }),
      await asAdmin("label", `${LABEL.laterWriters}-`),
      await asAdmin("label", "--overwrite", `${LABEL.laterWriters}=no`),
      await asAdmin("annotate", "kubenova.io/graph-"),
      await asAdmin("patch", "--type=merge", "-p", '{"metadata":{"managedFields":[{}]}}'),
      await asAdmin("delete"),
      await kubectl.attempt([...forced, "--field-manager=somebody"], other),
      await kubectl.attempt([...forced, "--field-manager=kubenova"], other),
    ];
    for (const { code, stderr } of refused) {
      expect(code).not.toBe(0);
      expect(stderr).toMatch(REFUSAL());
      expect(stderr).toContain(
        `kubectl annotate configmaps ${name} -n ${team} kubenova.io/reconcile=disabled`,
      );
    }
    expect((await live()).metadata.resourceVersion).toBe(before.metadata.resourceVersion);
  });

  it("takes what others write beside the graph's fields, and what the graph itself changes", async () => {
    const beside = {
      data: { b: "theirs" },
      metadata: { annotations: { note: "theirs" }, finalizers: ["x.test/y"] },
    };
    const theirs = ["--type=merge", "--field-manager=operator", "-p", JSON.stringify(beside)];
    expect((await asAdmin("patch", ...theirs)).code).toBe(0);
    await graphs.write(name, [mapNode(name, { a: "3" })], refusing());
    await graphs.awaitReady(name);
    expect((await live()).data).toEqual({ a: "3", b: "theirs" });
    expect((await live()).metadata).toMatchObject(beside.metadata);
    const all = graphsIn(scene.kube, team);
    await all.remove(name);
    await until("the graph deletes it", async () => (await live()).metadata.deletionTimestamp !== undefined);
    expect((await asAdmin("patch", "--type=merge", "-p", '{"metadata":{"finalizers":null}}')).code).toBe(0);
    await all.gone(name);
  });

  it("is handed over by its annotation, at once, and back when that goes", async () => {
    expect((await asAdmin("annotate", "kubenova.io/reconcile=disabled")).code).toBe(0);
    expect((await patch({ a: "2" })).code).toBe(0);
    await graphs.awaitNode(name, name, "Disabled");
    expect((await live()).data).toEqual({ a: "2" });
    expect((await asAdmin("annotate", "kubenova.io/reconcile-")).code).toBe(0);
    await until("it is set back", async () => (await value()) === "1");
    expect((await patch({ a: "2" })).stderr).toMatch(REFUSAL());
  });

  it("is handed back where the graph says Correct: the label goes, and who writes is drift", async () => {
    await graphs.write(name, [mapNode(name, { a: "1" })], refusing({ laterWriters: "Correct" }));
    const { adoption } = await graphs.awaitReady(name);
    expect(adoption?.laterWriters).toBeUndefined();
    expect(await isMarked()).toBe(false);
    expect((await patch({ a: "2" })).code).toBe(0);
    await until("it is set back", async () => (await value()) === "1");
  });
});
