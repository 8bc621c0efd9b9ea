import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type EngineFixture, engineFixture } from "../../test/engine/engine-fixture.ts";
import { exists, nodeOf, type RunningEngine } from "../../test/engine/graphs.ts";
import { configMap, crd } from "../../test/kube/fixture.ts";
import { until } from "../../test/lib/until.ts";
import { isKind, type Kube, type KubeObject, type ObjectRef } from "../kube/index.ts";

const namespace = `prune-${Date.now().toString(36)}`;
let fixture: EngineFixture;
let kube: Kube;
let engine: RunningEngine;
let graphs: EngineFixture["graphs"];
let name: string;
let made = 0;

const start = async () => {
  engine = await fixture.start();
};
const map = (of: string, more: object = {}): KubeObject => {
  const object = configMap(namespace, of);
  return { ...object, metadata: { ...object.metadata, ...more } };
};
const ref = (of: string): ObjectRef => ({ apiVersion: "v1", kind: "ConfigMap", namespace, name: of });
const isThere = (of: string) => exists(kube, ref(of));

beforeAll(async () => {
  fixture = await engineFixture(namespace);
  ({ kube, graphs } = fixture);
});
beforeEach(async () => {
  made += 1;
  name = `g${made}`;
  await start();
});
afterEach(async () => {
  await graphs.remove(name).catch(() => {});
  await graphs.gone(name);
  await engine.kill();
});
afterAll(() => fixture?.close());

describe("what leaves a graph", () => {
  it("goes only when all that stays has been applied", async () => {
    await graphs.put(name, [nodeOf(map(`${name}-a`)), nodeOf(map(`${name}-b`))]);
    await graphs.ready(name);
    const stranger = map(`${name}-taken`);
    await kube.create(stranger, { fieldManager: "somebody" });
    await graphs.put(name, [nodeOf(map(`${name}-a`)), nodeOf(stranger)]);
    await graphs.awaitStatus(name, "is Failed", ({ phase }) => phase === "Failed");
    expect(await isThere(`${name}-b`)).toBe(true);
    await kube.delete(ref(`${name}-taken`));
    await graphs.ready(name);
    expect(await isThere(`${name}-b`)).toBe(false);
  });

  it("is shown by a dry run, and stays until that ends", async () => {
    await graphs.put(name, [nodeOf(map(`${name}-a`)), nodeOf(map(`${name}-b`))]);
    await graphs.ready(name);
    await graphs.put(name, [nodeOf(map(`${name}-a`))], { prune: { dryRun: true } });
    const kept = await graphs.node(name, `${name}-b`, "Kept");
    expect(kept?.message).toContain("would be pruned");
    const { phase, counts } = await graphs.ready(name);
    expect({ phase, counts }).toEqual({ phase: "Ready", counts: { total: 1, ready: 1, failed: 0 } });
    expect(await isThere(`${name}-b`)).toBe(true);
    await graphs.put(name, [nodeOf(map(`${name}-a`))]);
    await until("it goes", async () => !(await isThere(`${name}-b`)));
  });

  it("goes after its grace period, which a restart does not begin anew", async () => {
    const graceSeconds = 3_600;
    const both = [nodeOf(map(`${name}-a`)), nodeOf(map(`${name}-b`))];
    await graphs.put(name, both, { prune: { graceSeconds } });
    await graphs.ready(name);
    await graphs.put(name, both.slice(0, 1), { prune: { graceSeconds } });
    const kept = await graphs.node(name, `${name}-b`, "Kept");
    const goesAt = /it goes at (\S+),/.exec(kept?.message ?? "")?.[1] ?? "";
    const leftAt = Date.parse(goesAt) - 1_000 * graceSeconds;
    await engine.kill();
    await start();
    const said = await until("the new process says it", () =>
      engine.engine.nodes(`${namespace}/${name}`)?.find(({ state }) => state === "Kept"),
    );
    expect(said.message).toContain(goesAt);
    // As short as it takes from now on, however long all of this took.
    const shorter = Math.ceil((Date.now() - leftAt) / 1_000) + 2;
    await graphs.put(name, both.slice(0, 1), { prune: { graceSeconds: shorter } });
    await until("it goes", async () => !(await isThere(`${name}-b`)));
    expect(Date.now()).toBeGreaterThanOrEqual(leftAt + 1_000 * shorter);
    await graphs.ready(name);
    await graphs.recorded(name, `${name}-a`);
  });

  it("stays where it comes back within its grace period, and has a new one when it leaves again", async () => {
    const prune = { graceSeconds: 3_600 };
    const both = [nodeOf(map(`${name}-a`)), nodeOf(map(`${name}-b`))];
    await graphs.put(name, both, { prune });
    await graphs.ready(name);
    await graphs.put(name, both.slice(0, 1), { prune });
    await graphs.node(name, `${name}-b`, "Kept");
    await graphs.put(name, both, { prune });
    const { inventory = [] } = await graphs.awaitStatus(
      name,
      "has no time of leaving",
      ({ phase, inventory: held = [] }) => phase === "Ready" && held.every(({ leftAt }) => !leftAt),
    );
    expect(inventory).toHaveLength(2);
  });

  it.each([
    ["its policy", { applyPolicy: { protect: true } }, {}, "apply policy protects it"],
    ["its annotation", {}, { "kubenova.io/protect": "true" }, "kubenova.io/protect protects it"],
    ["reconcile: disabled", {}, { "kubenova.io/reconcile": "disabled" }, "is 'disabled'"],
  ])("stays where %s protects it, and is let go with the graph", async (_, policy, annotations, why) => {
    await graphs.put(name, [nodeOf(map(`${name}-a`)), nodeOf(map(`${name}-b`), policy)]);
    await graphs.ready(name);
    await kube.patch(ref(`${name}-b`), { metadata: { annotations } }, { fieldManager: "a-person" });
    await graphs.put(name, [nodeOf(map(`${name}-a`))]);
    const kept = await graphs.node(name, `${name}-b`, "Kept");
    expect(kept?.message).toContain(why);
    await graphs.remove(name);
    await graphs.gone(name);
    expect(await isThere(`${name}-a`)).toBe(false);
    const live = await kube.get(ref(`${name}-b`));
    expect(live.metadata.annotations?.["kubenova.io/graph-uid"]).toBeUndefined();
    expect(engine.events.map(({ reason }) => reason)).toContain("Kept");
    await kube.delete(ref(`${name}-b`));
  });

  it("goes where its version is not served any more, and its kind is under another one", async () => {
    const kind = `Turn${namespace.replaceAll(/\W/g, "")}`;
    const definition = crd(`${kind.toLowerCase()}s`, kind);
    const [v1] = definition.spec.versions;
    const v2 = { ...v1, name: "v2", storage: false };
    Object.assign(definition.spec, { versions: [v1, v2] });
    const about = { ...definition, name: definition.metadata.name };
    await kube.apply(definition as KubeObject);
    const metadata = { name, namespace };
    const object = { apiVersion: "client.test/v1", kind, metadata, spec: { size: "s" } };
    await graphs.put(name, [nodeOf(object)]);
    await graphs.ready(name);
    await engine.kill();
    const versions = [
      { ...v1, served: false, storage: false },
      { ...v2, storage: true },
    ];
    await kube.patch(about, { spec: { versions } });
    const later = { apiVersion: "client.test/v2", kind, ...metadata };
    await until("v1 is not served", () =>
      kube.get({ ...later, apiVersion: "client.test/v1" }).then(
        () => false,
        (error) => isKind(error, "noSuchKind"),
      ),
    );
    expect(await exists(kube, later)).toBe(true);
    await start();
    await graphs.put(name, []);
    await until("it goes", async () => !(await exists(kube, later)));
    await graphs.awaitStatus(name, "has nothing left", ({ phase, inventory = [] }) => {
      return phase === "Ready" && inventory.length === 0;
    });
    await kube.delete(about);
  });

  it("is let go where it is only observed from now on, and stays so after the graph", async () => {
    const both = [nodeOf(map(`${name}-a`)), nodeOf(map(`${name}-b`))];
    await graphs.put(name, both);
    await graphs.ready(name);
    const observed = { ...nodeOf(map(`${name}-b`)), applyPolicy: { mode: "Observe" as const } };
    await graphs.put(name, [nodeOf(map(`${name}-a`)), observed]);
    await graphs.awaitStatus(
      name,
      "is Ready without it on record",
      ({ phase, counts, inventory = [] }) =>
        phase === "Ready" && counts?.ready === 2 && inventory.every((entry) => entry.name === `${name}-a`),
    );
    const live = await kube.get(ref(`${name}-b`));
    expect(live.metadata.annotations?.["kubenova.io/graph-uid"]).toBeUndefined();
    await graphs.remove(name);
    await graphs.gone(name);
    expect(await isThere(`${name}-b`)).toBe(true);
    await kube.delete(ref(`${name}-b`));
  });

  it("goes once its protection was taken off", async () => {
    await graphs.put(name, [nodeOf(map(`${name}-a`, { annotations: { "kubenova.io/protect": "true" } }))]);
    await graphs.ready(name);
    await graphs.put(name, []);
    await graphs.node(name, `${name}-a`, "Kept");
    await kube.patch(ref(`${name}-a`), { metadata: { annotations: { "kubenova.io/protect": null } } });
    await until("it goes", async () => !(await isThere(`${name}-a`)));
  });
});

describe("what others still need", () => {
  it("keeps a namespace, and says whose objects do", async () => {
    const other: KubeObject = {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: `${namespace}-${name}` },
    };
    const inside = configMap(`${namespace}-${name}`, "mine");
    await graphs.put(name, [nodeOf(other), nodeOf(inside)]);
    await graphs.ready(name);
    const theirs = configMap(`${namespace}-${name}`, "theirs");
    await kube.create(theirs, { fieldManager: "somebody" });
    await graphs.put(name, []);
    const kept = await graphs.node(name, `${namespace}-${name}`, "Kept");
    expect(kept?.message).toContain(`ConfigMap ${namespace}-${name}/theirs`);
    expect(await exists(kube, { ...inside, ...inside.metadata })).toBe(false);
    await graphs.remove(name);
    await graphs.gone(name);
    const live = await kube.get({ apiVersion: "v1", kind: "Namespace", name: `${namespace}-${name}` });
    expect(live.metadata.deletionTimestamp).toBeUndefined();
    await kube.delete({ apiVersion: "v1", kind: "Namespace", name: `${namespace}-${name}` });
  });

  it("does not keep a namespace that holds what Kubernetes put there alone", async () => {
    const other: KubeObject = {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: `${namespace}-${name}` },
    };
    await graphs.put(name, [nodeOf(other), nodeOf(configMap(`${namespace}-${name}`, "mine"))]);
    await graphs.ready(name);
    await graphs.put(name, []);
    await until("it goes", async () => {
      const live = await kube
        .get({ apiVersion: "v1", kind: "Namespace", name: `${namespace}-${name}` })
        .catch(() => undefined);
      return live === undefined || live.metadata.deletionTimestamp !== undefined;
    });
  });

  it("keeps a definition that has instances", async () => {
    const kind = `Keep${namespace.replaceAll(/\W/g, "")}`;
    const definition = crd(`${kind.toLowerCase()}s`, kind);
    await graphs.put(name, [nodeOf(definition)]);
    await graphs.ready(name);
    const instance = {
      ...{ apiVersion: "client.test/v1", kind, metadata: { name: "theirs", namespace } },
      spec: { size: "s" },
    };
    await until("it is served", () => kube.create(instance, { fieldManager: "somebody" }).then(() => true));
    await graphs.put(name, []);
    const kept = await graphs.node(name, definition.metadata.name, "Kept");
    expect(kept?.message).toContain(`${kind} ${namespace}/theirs`);
    await kube.delete({ ...instance, ...instance.metadata });
    const about = {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: definition.kind,
      name: definition.metadata.name,
    };
    await until("it goes", async () => !(await exists(kube, about)), { deadlineMs: 60_000 });
  });
});
