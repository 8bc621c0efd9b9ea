import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ResourceGraphSpec } from "../../protocol/resources/graph.ts";
import { installDefinitions } from "../../test/agent/run.ts";
import { plan } from "../../test/attack/plan.ts";
import { MOMENTS } from "../../test/engine/operator-process.ts";
import { Revisions } from "../../test/engine/revisions.ts";
import { prepareNamespace, Scene } from "../../test/engine/scene.ts";
import { killStorm } from "../../test/engine/storm.ts";
import { killAndAwaitRestart, sharedApiServer } from "../../test/kube/api-server.ts";
import { until } from "../../test/lib/until.ts";
import { SYSTEM } from "../../test/operator/fixture.ts";
import { isKind, type Kube, loadKube } from "../kube/index.ts";

const run = Date.now().toString(36);
const NOTHING_WRONG = { lost: 0, duplicated: 0, orphaned: 0, says: [] };
let kubeconfig: string;
let kube: Kube;
let scene: Scene;

beforeAll(async () => {
  kubeconfig = await sharedApiServer();
  kube = await loadKube({ kubeconfig });
  await prepareNamespace(kube, SYSTEM);
  await installDefinitions(kube);
});
afterAll(() => kube.close());

/** A scene of its own for each test of a describe. */
function withScene(name: string): void {
  beforeAll(async () => {
    scene = await Scene.open(kube, kubeconfig, `${name}-${run}`);
  });
  afterAll(() => scene.close());
}

describe("an operator that is killed at a write, and another one in its place", () => {
  withScene("kills");
  const NODES = 12;
  /** An apply takes so many, and the finalizer, the record and the status beside them; the others take about as many. */
  const WRITES = NODES;
  const random = plan.random("kills");
  const points = Array.from({ length: plan.times(8) }, (_, n) => ({
    write: plan.long ? (n % WRITES) + 1 : Math.ceil(random() * WRITES),
    moment: MOMENTS[n % MOMENTS.length] ?? "before",
  }));

  it.each(points)("$moment write $write of an apply, a prune and a deletion", async (killAt) => {
    const revisions = new Revisions(NODES, random);
    const before = scene.kills;
    const killedIn = async (change: () => Promise<void>) => {
      const operator = scene.start(killAt);
      await change();
      await scene.diesOrIsDone(operator);
      expect(await scene.finish()).toEqual(NOTHING_WRONG);
    };
    await killedIn(() => scene.write(revisions.spec()));
    revisions.revise(0.6);
    await killedIn(() => scene.write(revisions.spec()));
    await killedIn(() => scene.delete());
    expect(scene.kills).toBeGreaterThan(before);
  });
});

describe("operators that are killed at random while a person revises the graph", () => {
  withScene("storm");

  it("lose, repeat and leave behind nothing", async () => {
    const random = plan.random("storm");
    const revisions = new Revisions(plan.long ? 200 : 60, random);
    const { lost, duplicated, orphaned, says } = await killStorm(scene, revisions, {
      kills: plan.times(12),
      random,
    });
    expect({ lost, duplicated, orphaned, says }).toEqual(NOTHING_WRONG);
  });
});

describe("an API server that is killed under an operator", () => {
  withScene("server");

  it("in the middle of an apply and of a prune: nothing is lost, repeated or left behind", async () => {
    const revisions = new Revisions(200, plan.random("server"));
    await scene.write(revisions.spec());
    const operator = scene.start();
    await until("a third is written", () => operator.writes() > 70);
    await killAndAwaitRestart(kubeconfig);
    expect(await scene.finish()).toEqual(NOTHING_WRONG);
    revisions.revise(0.5);
    const before = operator.writes();
    await scene.write(revisions.spec());
    await until("some is written", () => operator.writes() > before + 20);
    await killAndAwaitRestart(kubeconfig);
    expect(await scene.finish()).toEqual(NOTHING_WRONG);
    expect(operator.isAlive).toBe(true);
  });
});

describe("a second manager that writes the same objects again and again", () => {
  withScene("rival");
  const NAMES = Array.from({ length: 10 }, (_, n) => `shared-${n}`);
  const namespace = `rival-${run}`;
  const ref = (name: string) => ({ apiVersion: "v1", kind: "ConfigMap", namespace, name });
  const applied = (name: string, data?: Record<string, string>) => ({
    ...{ apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace } },
    ...(data ? { data } : {}),
  });
  const fieldManager = "rival";
  const spec = (value: string): ResourceGraphSpec => ({
    applyAs: { kind: "ServiceAccount", name: "kubenova-applier" },
    nodes: NAMES.map((name, n) => ({
      id: name,
      object: { apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data: { value } },
      // Half of them take a field that the rival holds; the others say who holds it, and wait.
      ...(n % 2 === 0 ? { applyPolicy: { conflictPolicy: "Force" as const } } : {}),
    })),
  });

  it("loses none of its own fields, and keeps none of ours once it lets go", async () => {
    await scene.write(spec("0"));
    expect(await scene.finish()).toEqual(NOTHING_WRONG);
    let storming = true;
    let writes = 0;
    let conflicts = 0;
    /** Updates its own annotation by whatever version it last saw, and takes our field with force. */
    const storm = async (name: string) => {
      for (let n = 0; storming; n += 1) {
        const live = await kube.get(ref(name));
        const annotations = { ...live.metadata.annotations, rival: `${n}` };
        await kube
          .replace({ ...live, metadata: { ...live.metadata, annotations } }, { fieldManager })
          .catch((error: unknown) => {
            if (!isKind(error, "conflict")) throw error;
            conflicts += 1;
          });
        await kube.apply(applied(name, { value: `r${n}` }), { fieldManager, force: true });
        writes += 1;
      }
    };
    const storms = Promise.all(NAMES.map(storm));
    for (const value of ["1", "2", "3"]) {
      await scene.write(spec(value));
      await until("the rival wrote each of them", () => writes > 2 * NAMES.length * Number(value));
    }
    await until("the rival's write met another", () => conflicts > 0);
    storming = false;
    await storms;
    // What it applied it lets go: an apply of nothing.
    for (const name of NAMES) await kube.apply(applied(name), { fieldManager });
    expect(await scene.finish()).toEqual(NOTHING_WRONG);
    for (const name of NAMES)
      expect((await kube.get(ref(name))).metadata.annotations?.rival).toMatch(/^\d+$/);
  });
});
