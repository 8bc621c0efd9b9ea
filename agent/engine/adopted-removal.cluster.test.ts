import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ANNOTATION, LABEL } from "../../domain/names/labels.ts";
import type { Adopt } from "../../protocol/resources/adopt.ts";
import type { ApplyPolicy } from "../../protocol/resources/graph.ts";
import { exists, graphsIn } from "../../test/engine/graphs.ts";
import { installPolicy, openTeamScene, type TeamScene } from "../../test/engine/later-writers.ts";
import { mapNode } from "../../test/engine/team-graphs.ts";
import { until } from "../../test/lib/until.ts";
import type { Kube } from "../kube/index.ts";

const system = `removal-${Date.now().toString(36)}`;
const team = `${system}-team`;
const MAP = { apiVersion: "v1", kind: "ConfigMap" };
let scene: TeamScene;
let kube: Kube;
let graphs: TeamScene["graphs"];
let name: string;
let made = 0;

beforeAll(async () => {
  scene = await openTeamScene(system);
  ({ kube, graphs } = scene);
  await installPolicy(scene);
});
beforeEach(() => {
  made += 1;
  name = `r${made}`;
});
afterAll(() => scene?.close());

const refTo = (of: string) => ({ ...MAP, namespace: team, name: of });
const live = () => graphs.live(MAP, name);
const theirs = (of: string, metadata: object = {}) =>
  kube.create(
    { ...MAP, metadata: { name: of, namespace: team, ...metadata }, data: { a: "theirs" } },
    { fieldManager: "kubectl" },
  );
const byName = (more: Partial<Adopt> = {}): { adopt: Adopt } => ({
  adopt: { resources: [{ ...MAP, name }], ...more },
});
const node = (applyPolicy: ApplyPolicy = {}, data = { a: "1" }) => mapNode(name, data, { applyPolicy });
const removed = async () => {
  await graphsIn(kube, team).remove(name);
  await graphsIn(kube, team).gone(name);
};
const isTaken = () =>
  graphs.await(name, "has taken it", ({ phase, nodes }) => phase === "Ready" && nodes?.[0]?.adopted === true);
/** It is nobody's any more: no marks of ours, and who writes it is not undone. */
async function isLetGo(uid: string): Promise<void> {
  const { metadata } = await live();
  expect(metadata.uid).toBe(uid);
  for (const label of [LABEL.managedBy, LABEL.laterWriters]) expect(metadata.labels?.[label]).toBeUndefined();
  expect(metadata.annotations?.[ANNOTATION.graph]).toBeUndefined();
  await kube.patch(refTo(name), { data: { a: "2" } }, { fieldManager: "kubectl" });
  expect((await live()).data).toEqual({ a: "2" });
}

describe.each(["Correct", "Refuse"] as const)(
  "an object that was taken, later writers: %s",
  (laterWriters) => {
    it("goes with its graph", async () => {
      await theirs(name);
      await graphs.write(name, [node()], byName({ laterWriters }));
      await isTaken();
      await removed();
      expect(await exists(kube, refTo(name))).toBe(false);
    });

    it("stays without our marks where its policy is Orphan, and may be taken again", async () => {
      const { metadata } = await theirs(name);
      await graphs.write(name, [node({ deletionPolicy: "Orphan" })], byName({ laterWriters }));
      await isTaken();
      await removed();
      await isLetGo(metadata.uid);
      await graphs.write(name, [node()], byName({ laterWriters }));
      await isTaken();
      expect((await live()).data).toEqual({ a: "1" });
      await removed();
    });

    it("is let go when its node leaves the graph", async () => {
      const { metadata } = await theirs(name);
      const other = mapNode(`${name}-other`);
      await graphs.write(name, [node({ deletionPolicy: "Orphan" }), other], byName({ laterWriters }));
      await graphs.awaitReady(name);
      await graphs.write(name, [other], byName({ laterWriters }));
      await until("it is let go", async () => !(await live()).metadata.annotations?.[ANNOTATION.graph]);
      await isLetGo(metadata.uid);
      await removed();
      expect(await exists(kube, refTo(name))).toBe(true);
    });
  },
);

it("what was refused, or only would be taken, is not touched when the graph goes", async () => {
  const helm = { "meta.helm.sh/release-name": "web", "meta.helm.sh/release-namespace": "shop" };
  const before = [await theirs(name, { annotations: helm }), await theirs(`${name}-dry`)];
  await graphs.write(name, [node()], byName());
  await graphs.awaitNode(name, name, "Refused", "helm:shop/web");
  await removed();
  const resources = [{ ...MAP, name: `${name}-dry` }];
  await graphs.write(name, [mapNode(`${name}-dry`)], { adopt: { resources, dryRun: true } });
  await graphs.awaitNode(name, `${name}-dry`, "Waiting", "would be taken over");
  await removed();
  for (const { metadata } of before)
    expect((await kube.get(refTo(metadata.name))).metadata.resourceVersion).toBe(metadata.resourceVersion);
});

describe("a graph that is deleted while it is suspended", () => {
  const isSuspended = () => graphs.await(name, "is Suspended", ({ phase }) => phase === "Suspended");

  it.each(["Delete", "Orphan"] as const)(
    "takes its objects as its policy says: %s",
    async (deletionPolicy) => {
      await graphs.write(name, [node({ deletionPolicy }), mapNode(`${name}-plain`)]);
      await graphs.awaitReady(name);
      const { uid } = (await live()).metadata;
      const changed = node({ deletionPolicy }, { a: "new" });
      await graphs.write(name, [changed, mapNode(`${name}-plain`)], { suspend: true });
      await isSuspended();
      await kube.patch(refTo(name), { data: { a: "by hand" } }, { fieldManager: "kubectl" });
      await removed();
      expect(await exists(kube, refTo(`${name}-plain`))).toBe(false);
      if (deletionPolicy === "Delete") return expect(await exists(kube, refTo(name))).toBe(false);
      expect((await live()).data).toEqual({ a: "by hand" });
      await isLetGo(uid);
    },
  );

  it("goes though it never applied anything, and leaves alone what others made", async () => {
    const before = await theirs(name);
    await graphs.write(name, [node(), mapNode(`${name}-new`)], { suspend: true, ...byName() });
    await isSuspended();
    await removed();
    expect((await live()).metadata.resourceVersion).toBe(before.metadata.resourceVersion);
    expect(await exists(kube, refTo(`${name}-new`))).toBe(false);
  });

  it("takes what it had taken over, also for the next process", async () => {
    const { metadata } = await theirs(name);
    const nodes = [node({ deletionPolicy: "Orphan" })];
    await graphs.write(name, nodes, byName({ laterWriters: "Refuse" }));
    await isTaken();
    await graphs.write(name, nodes, { suspend: true, ...byName({ laterWriters: "Refuse" }) });
    await isSuspended();
    await scene.restart();
    await removed();
    await isLetGo(metadata.uid);
  });
});
