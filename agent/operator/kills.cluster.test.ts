import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { GraphNode, ResourceGraphSpec } from "../../protocol/resources/graph.ts";
import { installDefinitions } from "../../test/agent/run.ts";
import { plan } from "../../test/attack/plan.ts";
import { type Controller, openControlled } from "../../test/engine/controlled-scene.ts";
import { MOMENTS } from "../../test/engine/operator-process.ts";
import { Revisions } from "../../test/engine/revisions.ts";
import { prepareNamespace } from "../../test/engine/scene.ts";
import { sharedApiServer } from "../../test/kube/api-server.ts";
import { until } from "../../test/lib/until.ts";
import { SYSTEM } from "../../test/operator/fixture.ts";
import { type Kube, loadKube } from "../kube/index.ts";

const KILLS = plan.times(4);
/** After so many the last revision is let be done, and looked at. */
const KILLS_A_LOOK = plan.long ? 10 : 4;
const NODES = 16;
const NOTHING_WRONG = { lost: 0, duplicated: 0, orphaned: 0, says: [] };
let kubeconfig: string;
let kube: Kube;

beforeAll(async () => {
  kubeconfig = await sharedApiServer();
  kube = await loadKube({ kubeconfig });
  await prepareNamespace(kube, SYSTEM);
  await installDefinitions(kube);
});
afterAll(() => kube.close());

/** More than a graph's own object is to hold: it stands in shards. */
const BULK = Array.from({ length: 30 }, (_, n): GraphNode => {
  const metadata = { name: `bulk-${n}` };
  const data = { text: `${n} `.repeat(4_000) };
  return { id: `bulk-${n}`, object: { apiVersion: "v1", kind: "ConfigMap", metadata, data } };
});

describe.each([
  ["NovaApp" as const, []],
  ["Transform" as const, []],
  ["Transform" as const, BULK],
])("a %s that is revised while its operator is killed", (kind: Controller, bulk: GraphNode[]) => {
  let scene: Awaited<ReturnType<typeof openControlled>>;
  const random = plan.random(`${kind} ${bulk.length}`);
  const revisions = new Revisions(NODES, random);
  beforeAll(async () => {
    scene = await openControlled(kube, kubeconfig, kind, bulk);
    await scene.write(revisions);
    expect(await scene.finish()).toEqual(NOTHING_WRONG);
  });
  afterAll(() => scene.close());

  /** Revisions that replace one another while they are carried out, until the operator dies of one of its writes. */
  const reviseUntilKilled = async (): Promise<void> => {
    const moment = MOMENTS[Math.floor(random() * MOMENTS.length)] ?? "before";
    const operator = scene.start();
    await operator.synced;
    operator.dieAt({ write: Math.ceil(2 ** (random() * 5)), moment });
    while (operator.isAlive) {
      revisions.revise(0.4);
      await scene.write(revisions);
      const enough = operator.writes() + Math.ceil(random() * 12);
      await until(
        "some of it is written, or all, or the operator is dead",
        async () => !operator.isAlive || operator.writes() >= enough || (await scene.isDone()),
      );
    }
    await operator.wasKilled;
  };

  it(`loses, repeats and leaves behind nothing, ${bulk.length > 0 ? "in shards" : "in one object"}`, async () => {
    for (let kills = 1; kills <= KILLS; kills += 1) {
      await reviseUntilKilled();
      if (kills % KILLS_A_LOOK === 0) expect(await scene.finish()).toEqual(NOTHING_WRONG);
    }
    const { spec } = (await scene.graph()) as unknown as { spec: ResourceGraphSpec };
    expect((spec.shards?.length ?? 0) > 0).toBe(bulk.length > 0);
  });
});
