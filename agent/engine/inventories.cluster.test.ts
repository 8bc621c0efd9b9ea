import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Adopt } from "../../protocol/resources/adopt.ts";
import type { ApplyPolicy } from "../../protocol/resources/graph.ts";
import { installDefinitions } from "../../test/agent/run.ts";
import { type RunningEngine, runEngine } from "../../test/engine/graphs.ts";
import { Graphs, mapNode } from "../../test/engine/team-graphs.ts";
import { type Fixture, kubeFixture } from "../../test/kube/fixture.ts";
import type { Kube } from "../kube/index.ts";

/** What another inventory owns is not taken by a node's own policy either: no `adopt` names its owner. */
const system = `inventories-${Date.now().toString(36)}`;
const MAP = { apiVersion: "v1", kind: "ConfigMap" };
let fixture: Fixture;
let kube: Kube;
let engine: RunningEngine;
let graphs: Graphs;
let name: string;
let made = 0;

beforeAll(async () => {
  fixture = await kubeFixture(system);
  kube = fixture.kube;
  await installDefinitions(kube);
  engine = await runEngine({ kubeconfig: fixture.kubeconfig, namespace: system });
  graphs = await Graphs.open(kube, `${system}-team`);
});
beforeEach(() => {
  made += 1;
  name = `i${made}`;
});
afterAll(async () => {
  await graphs?.close();
  await engine?.kill();
  await fixture?.close();
});

const HELM = {
  annotations: { "meta.helm.sh/release-name": "web", "meta.helm.sh/release-namespace": "shop" },
};
const theirs = (metadata: object) =>
  kube.create(
    { ...MAP, metadata: { name, namespace: graphs.namespace, ...metadata }, data: { a: "theirs" } },
    { fieldManager: "theirs" },
  );
const live = () => graphs.live(MAP, name);
const node = (applyPolicy: ApplyPolicy, data = { a: "1" }) => mapNode(name, data, { applyPolicy });
const adopt = (more: Partial<Adopt>): { adopt: Adopt } => ({
  adopt: { resources: [{ ...MAP, name: "of-no-node" }], ...more },
});
const TAKES: [string, ApplyPolicy][] = [
  ["mode Adopt", { mode: "Adopt", conflictPolicy: "Force" }],
  ["conflictPolicy Force", { conflictPolicy: "Force" }],
];

describe.each(TAKES)("a node of %s", (_, policy) => {
  it.each([
    ["helm:shop/web", HELM],
    ["argocd:shop", { annotations: { "argocd.argoproj.io/tracking-id": "shop:/ConfigMap:x/y" } }],
    [
      "flux-kustomization:flux-system/shop",
      {
        labels: {
          "kustomize.toolkit.fluxcd.io/name": "shop",
          "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
        },
      },
    ],
    ["kapp:17", { labels: { "kapp.k14s.io/app": "17" } }],
  ])("does not take what %s owns, and says whose it is", async (owner, metadata) => {
    const before = await theirs(metadata);
    await graphs.write(name, [node(policy), mapNode(`${name}-own`)]);
    await graphs.awaitNode(name, name, "Refused", `belongs to ${owner}`);
    await graphs.awaitNode(name, `${name}-own`, "Ready");
    expect((await live()).metadata.resourceVersion).toBe(before.metadata.resourceVersion);
  });

  it("takes it where adopt.owners names its owner, and when the owner lets it go", async () => {
    await theirs(HELM);
    await graphs.write(name, [node(policy)], adopt({}));
    await graphs.awaitNode(name, name, "Refused", "belongs to helm:shop/web");
    await graphs.write(name, [node(policy)], adopt({ owners: ["helm:shop/web"] }));
    await graphs.awaitReady(name);
    expect((await live()).data).toEqual({ a: "1" });

    name = `${name}-let-go`;
    await theirs(HELM);
    await graphs.write(name, [node(policy)]);
    await graphs.awaitNode(name, name, "Refused", "belongs to helm:shop/web");
    await kube.patch({ ...MAP, namespace: graphs.namespace, name }, { metadata: { annotations: null } });
    await graphs.awaitReady(name);
    expect((await live()).data).toEqual({ a: "1" });
  });
});

it("what is the graph's own stays so, whatever mark comes to it", async () => {
  await graphs.write(name, [node({})]);
  await graphs.awaitReady(name);
  await kube.patch(
    { ...MAP, namespace: graphs.namespace, name },
    { metadata: HELM },
    { fieldManager: "helm" },
  );
  await graphs.write(name, [node({}, { a: "2" })]);
  await graphs.awaitReady(name);
  expect((await live()).data).toEqual({ a: "2" });
});
