import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { installDefinitions } from "../../test/agent/run.ts";
import { plan } from "../../test/attack/plan.ts";
import { MOMENTS } from "../../test/engine/operator-process.ts";
import { Revisions } from "../../test/engine/revisions.ts";
import { prepareNamespace, Scene } from "../../test/engine/scene.ts";
import { sharedApiServer } from "../../test/kube/api-server.ts";
import { SYSTEM } from "../../test/operator/fixture.ts";
import { type Kube, loadKube } from "../kube/index.ts";

const NODES = 12;
const NOTHING_WRONG = { lost: 0, duplicated: 0, orphaned: 0, says: [] };
let kube: Kube;
let scene: Scene;

beforeAll(async () => {
  const kubeconfig = await sharedApiServer();
  kube = await loadKube({ kubeconfig });
  await prepareNamespace(kube, SYSTEM);
  await installDefinitions(kube);
  scene = await Scene.open(kube, kubeconfig, `rollback-${Date.now().toString(36)}`);
});
afterAll(async () => {
  await scene.close();
  kube.close();
});

describe("an operator that is killed in the middle of a rollback, and another one in its place", () => {
  const random = plan.random("rollback");
  const points = Array.from({ length: plan.long ? 3 * NODES : 3 }, (_, n) => ({
    write: plan.long ? Math.ceil((n + 1) / MOMENTS.length) : Math.ceil(random() * NODES),
    moment: MOMENTS[n % MOMENTS.length] ?? "before",
  }));

  it.each(points)("$moment write $write: back, and forward again", async (killAt) => {
    const revisions = new Revisions(NODES, random);
    const killedIn = async (change: () => Promise<void>) => {
      const operator = scene.start();
      await operator.synced;
      operator.dieAt(killAt);
      await change();
      // A point that a short rollback never comes to is no reason to leave it armed.
      if (!(await scene.diesOrIsDone(operator))) await scene.kill();
      expect(await scene.finish()).toEqual(NOTHING_WRONG);
    };
    const former = revisions.spec();
    await scene.write(former);
    expect(await scene.finish()).toEqual(NOTHING_WRONG);
    const digest = (await scene.graph()).status?.digest ?? "";
    revisions.revise(0.6);
    const newer = revisions.spec();
    await scene.write(newer);
    expect(await scene.finish()).toEqual(NOTHING_WRONG);

    await killedIn(() => scene.rollBack(digest, former));
    expect((await scene.graph()).status).toMatchObject({ digest, rolledBackTo: digest });
    await killedIn(() => scene.rollBack(null, newer));
    expect((await scene.graph()).status?.rolledBackTo).toBeUndefined();
    await scene.delete();
    expect(await scene.finish()).toEqual(NOTHING_WRONG);
  });
});
