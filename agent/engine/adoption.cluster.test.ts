import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Adopt } from "../../protocol/resources/adopt.ts";
import { clientPrograms } from "../../test/cluster/existing.ts";
import { run } from "../../test/cluster/run.ts";
import { type EngineFixture, engineFixture } from "../../test/engine/engine-fixture.ts";
import { graphsIn, nodeOf, type RunningEngine } from "../../test/engine/graphs.ts";
import { configMap } from "../../test/kube/fixture.ts";
import { type Kubectl, kubectl as kubectlOf } from "../../test/lib/kubectl.ts";
import { until } from "../../test/lib/until.ts";
import type { Kube, KubeObject, LiveObject } from "../kube/index.ts";

const namespace = `adopt-${Date.now().toString(36)}`;
const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";
let fixture: EngineFixture;
let kube: Kube;
let engine: RunningEngine;
let graphs: EngineFixture["graphs"];
let kubectl: Kubectl;
let helm: string;
let name: string;
let made = 0;

beforeAll(async () => {
  fixture = await engineFixture(namespace);
  ({ kube, graphs } = fixture);
  const programs = await clientPrograms();
  helm = programs.helm;
  kubectl = kubectlOf({ kubectl: programs.kubectl, kubeconfig: fixture.kubeconfig });
  engine = await fixture.start();
});
beforeEach(() => {
  made += 1;
  name = `a${made}`;
  engine.events.length = 0;
});
afterEach(async () => {
  await graphs.remove(name).catch(() => {});
  await graphs.gone(name);
});
afterAll(() => fixture?.close());

type Data = Record<string, string>;
const map = (data: Data, metadata: object = {}): KubeObject => {
  const object = configMap(namespace, name, data);
  return { ...object, metadata: { ...object.metadata, ...metadata } };
};
const live = () => kube.get({ apiVersion: "v1", kind: "ConfigMap", namespace, name });
/** `kubectl apply`, as it is without a flag. */
const applyByHand = (object: KubeObject) =>
  kubectl.attempt(["apply", "-f", "-"], JSON.stringify(object)).then(({ code, stderr }) => {
    if (code !== 0) throw new Error(stderr);
  });
const byName = (more: Partial<Adopt> = {}): { adopt: Adopt } => ({
  adopt: { resources: [{ apiVersion: "v1", kind: "ConfigMap", name }], ...more },
});
const refused = async () => {
  const { adoption } = await graphs.awaitStatus(
    name,
    "has refused it",
    ({ phase, adoption: said }) => phase === "Failed" && said?.refused === 1,
  );
  return adoption?.resources[0];
};
const isUntouched = async (before: LiveObject) =>
  expect((await live()).metadata.resourceVersion).toBe(before.metadata.resourceVersion);

describe("an object that kubectl apply made", () => {
  it("is taken: what the graph does not name is dropped, and kubectl's record with it", async () => {
    await applyByHand(map({ a: "1", b: "2" }, { labels: { old: "1" } }));
    await kubectl.run("annotate", "configmap", name, "-n", namespace, "note=theirs");
    const before = await live();
    await graphs.put(name, [nodeOf(map({ a: "1" }))], byName());
    // The watch may show the object before its apply is answered, and with that the taking is on record.
    const { adoption } = await graphs.awaitStatus(
      name,
      "is Ready and has taken it",
      ({ phase, nodes }) => phase === "Ready" && nodes?.[0]?.adopted === true,
    );
    expect(adoption).toMatchObject({ taken: 1, refused: 0, resources: [{ name, state: "Taken" }] });
    const after = await live();
    expect(after.metadata.uid).toBe(before.metadata.uid);
    expect(after.data).toEqual({ a: "1" });
    expect(after.metadata.labels?.old).toBeUndefined();
    expect(after.metadata.annotations?.[LAST_APPLIED]).toBeUndefined();
    expect(after.metadata.annotations?.note).toBeUndefined();
    expect(after.metadata.managedFields?.map(({ manager }) => manager)).toEqual(["kubenova"]);
    const told = () => engine.events.filter(({ reason }) => reason === "Adopted").length;
    await until("it is told", () => told() > 0);
    expect(told()).toBe(1);
  });

  it("is shown by a dry run, with the managers that would lose fields, and not written", async () => {
    await applyByHand(map({ a: "1" }));
    const before = await live();
    await graphs.put(name, [nodeOf(map({ a: "2" }))], byName({ dryRun: true }));
    const { adoption } = await graphs.awaitStatus(
      name,
      "shows it",
      (status) => status.adoption !== undefined,
    );
    expect(adoption?.resources).toEqual([
      {
        ...{ kind: "ConfigMap", namespace, name, state: "WouldTake", message: "adopt.dryRun is on" },
        managers: ["kubectl-client-side-apply"],
      },
    ]);
    await isUntouched(before);
    await graphs.put(name, [nodeOf(map({ a: "2" }))], byName());
    await graphs.ready(name);
    expect((await live()).data).toEqual({ a: "2" });
  });

  it("is taken back where kubectl applies it again", async () => {
    await applyByHand(map({ a: "1", b: "2" }));
    await graphs.put(name, [nodeOf(map({ a: "1" }))], byName());
    await graphs.ready(name);
    await applyByHand(map({ a: "3", b: "2" }));
    await until("it is as the graph says", async () => JSON.stringify((await live()).data) === '{"a":"1"}');
    const status = await graphs.awaitStatus(name, "says so", ({ drift = [] }) => drift.length > 0);
    expect(status.drift?.[0]?.fields).toContainEqual({
      field: ".data.a",
      manager: "kubectl-client-side-apply",
    });
  });

  it("keeps what a subresource's writers hold", async () => {
    const ports = [80, 81].map((port) => ({ name: `p${port}`, port, protocol: "TCP" }));
    const service = (count: number) => ({
      ...{ apiVersion: "v1", kind: "Service", metadata: { name, namespace } },
      spec: { selector: { app: name }, ports: ports.slice(0, count) },
    });
    await applyByHand(service(2));
    const refTo = { apiVersion: "v1", kind: "Service", namespace, name };
    const condition = {
      type: "Mine",
      status: "True",
      reason: "R",
      message: "",
      lastTransitionTime: "2026-01-01T00:00:00Z",
    };
    const status = { status: { conditions: [condition] } };
    await kube.patch(refTo, status, { subresource: "status", fieldManager: "kubectl" });
    const adopt = { resources: [{ apiVersion: "v1", kind: "Service", name }] };
    await graphs.put(name, [nodeOf(service(1))], { adopt });
    await graphs.ready(name);
    const after = await kube.get(refTo);
    expect((after.spec as { ports: object[] }).ports).toHaveLength(1);
    expect(after.status).toMatchObject({ conditions: [{ type: "Mine" }] });
    const left = after.metadata.managedFields?.filter(({ manager }) => manager === "kubectl");
    expect(left?.map(({ subresource }) => subresource)).toEqual(["status"]);
  });

  it("stays another manager's where that one is not named, and is then said", async () => {
    await kube.apply(map({ a: "theirs" }), { fieldManager: "terraform" });
    await graphs.put(name, [nodeOf(map({ a: "1" }))], byName());
    const { message } = await graphs.awaitStatus(name, "is Failed", ({ phase }) => phase === "Failed");
    expect(message).toContain("terraform");
    expect((await live()).data).toEqual({ a: "theirs" });
    await graphs.put(name, [nodeOf(map({ a: "1" }))], byName({ managers: ["terraform"] }));
    await graphs.ready(name);
    expect((await live()).data).toEqual({ a: "1" });
  });
});

describe("what another inventory owns", () => {
  it.each([
    ["Argo CD", { annotations: { "argocd.argoproj.io/tracking-id": "shop:/ConfigMap:x/y" } }, "argocd:shop"],
    ["Argo CD, by label", { labels: { "argocd.argoproj.io/instance": "shop" } }, "argocd:shop"],
    [
      "a Kustomization of Flux",
      {
        labels: {
          "kustomize.toolkit.fluxcd.io/name": "shop",
          "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
        },
      },
      "flux-kustomization:flux-system/shop",
    ],
    ["kapp", { labels: { "kapp.k14s.io/app": "17" } }, "kapp:17"],
    ["cli-utils", { annotations: { "config.k8s.io/owning-inventory": "inv" } }, "cli-utils:inv"],
    ["an ApplySet", { labels: { "applyset.kubernetes.io/part-of": "set" } }, "applyset:set"],
  ])("is refused by its owner's name, and taken where that is named: %s", async (_, metadata, owner) => {
    await applyByHand(map({ a: "1" }, metadata));
    const before = await live();
    await graphs.put(name, [nodeOf(map({ a: "2" }))], byName());
    expect(await refused()).toMatchObject({ state: "Refused", owner });
    await isUntouched(before);
    await graphs.put(name, [nodeOf(map({ a: "2" }))], byName({ owners: [owner] }));
    await graphs.ready(name);
    expect((await live()).data).toEqual({ a: "2" });
  });

  it("is refused where Helm installed it, and taken where the release is named", async () => {
    const chart = await mkdtemp(join(tmpdir(), "kubenova-chart-"));
    await mkdir(join(chart, "templates"));
    await writeFile(join(chart, "Chart.yaml"), "apiVersion: v2\nname: shop\nversion: 0.1.0\n");
    await writeFile(join(chart, "templates", "map.yaml"), JSON.stringify(map({ a: "1", b: "2" })));
    const at = ["--kubeconfig", fixture.kubeconfig, "-n", namespace];
    await run(helm, ["install", `r${made}`, chart, ...at]);
    await graphs.put(name, [nodeOf(map({ a: "1" }))], byName());
    const owner = `helm:${namespace}/r${made}`;
    expect(await refused()).toMatchObject({ owner });
    await graphs.put(name, [nodeOf(map({ a: "1" }))], byName({ owners: [owner] }));
    await graphs.ready(name);
    expect((await live()).data).toEqual({ a: "1" });
    expect((await live()).metadata.annotations?.["meta.helm.sh/release-name"]).toBeUndefined();
    await rm(chart, { recursive: true });
  });

  it("is refused where it is another ResourceGraph's, whoever is named", async () => {
    const other = `${name}-other`;
    await graphs.put(other, [nodeOf(map({ a: "1" }))]);
    await graphs.ready(other);
    const owner = `graph:${namespace}/${other}`;
    await graphs.put(name, [nodeOf(map({ a: "2" }))], byName({ owners: [owner] }));
    expect(await refused()).toMatchObject({ state: "Refused", owner });
    expect((await live()).data).toEqual({ a: "1" });
    await graphs.remove(name);
    await graphs.gone(name);
    expect((await live()).data).toEqual({ a: "1" });
    await graphs.remove(other);
    await graphs.gone(other);
  });
});

describe("objects selected by label", () => {
  it("are taken where a node names them, and else refused and left alone", async () => {
    const labels = { "shop/part": name };
    await applyByHand(map({ a: "1", b: "2" }, { labels }));
    await applyByHand({ ...map({ a: "1" }, { labels }), metadata: { name: `${name}-x`, namespace, labels } });
    const adopt: Adopt = {
      resources: [{ apiVersion: "v1", kind: "ConfigMap", selector: { matchLabels: labels } }],
    };
    await graphs.put(name, [nodeOf(map({ a: "1" }, { labels }))], { adopt });
    const { adoption } = await graphs.ready(name);
    expect(adoption?.resources.map((one) => [one.name, one.state])).toEqual([
      [`${name}-x`, "Refused"],
      [name, "Taken"],
    ]);
    expect((await live()).data).toEqual({ a: "1" });
  });
});

describe("the strategy Mirror", () => {
  it("observes what is there, and never writes: nor makes what is not there", async () => {
    await applyByHand(map({ a: "1" }));
    const before = await live();
    const absent = { ...map({}), metadata: { name: `${name}-absent`, namespace } };
    const adopt: Adopt = {
      strategy: "Mirror",
      resources: [name, `${name}-absent`].map((of) => ({ apiVersion: "v1", kind: "ConfigMap", name: of })),
    };
    await graphs.put(name, [nodeOf(map({ a: "2" })), nodeOf(absent)], { adopt });
    const { adoption, nodes } = await graphs.awaitStatus(name, "has looked", (status) =>
      status.nodes?.some(({ state }) => state === "Ready"),
    );
    expect(adoption?.resources.map((one) => [one.name, one.state])).toEqual([[name, "Mirrored"]]);
    expect(nodes?.find((node) => node.name === `${name}-absent`)?.state).toBe("Progressing");
    await isUntouched(before);
    expect(await kubectl.exists("configmap", `${name}-absent`, namespace)).toBe(false);
    await graphs.remove(name);
    await graphs.gone(name);
    await isUntouched(before);
  });
});

it("what the graph's identity may not read is said, and nothing is taken", async () => {
  const elsewhere = `${namespace}-team`;
  await kube.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: elsewhere } });
  const theirs = graphsIn(kube, elsewhere);
  await kube.create(configMap(elsewhere, name), { fieldManager: "kubectl" });
  const applyAs = { kind: "ServiceAccount" as const, name: "kubenova-applier" };
  await theirs.put(name, [nodeOf(configMap(elsewhere, name, { a: "2" }))], { applyAs, ...byName() });
  const { adoption } = await theirs.awaitStatus(name, "says so", (status) => status.adoption?.refused === 1);
  expect(adoption?.resources[0]?.message).toContain("cannot be read");
  const object = await kube.get({ apiVersion: "v1", kind: "ConfigMap", namespace: elsewhere, name });
  expect(object.data).toEqual({ a: "1" });
  await theirs.remove(name);
  await theirs.gone(name);
  await kube.delete({ apiVersion: "v1", kind: "Namespace", name: elsewhere });
});
