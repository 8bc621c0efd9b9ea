/**
 * 200 times kill -9 of an operator's process in the middle of applying and pruning a graph of 200 nodes that a person
 * revises meanwhile: nodes added, dropped, changed, renamed, made once. Half a dozen times, and at the end, one may finish,
 * and the cluster is compared with the graph; every object's lives are followed by a watch.
 */
import { loadKube } from "../agent/kube/index.ts";
import { installDefinitions } from "../test/agent/run.ts";
import { seeded } from "../test/attack/plan.ts";
import { down, up } from "../test/cluster/index.ts";
import { Revisions } from "../test/engine/revisions.ts";
import { Scene } from "../test/engine/scene.ts";
import { killStorm } from "../test/engine/storm.ts";
import { round, say } from "./lib/figures.ts";

const KILLS = 200;
const NODES = 200;
const CLUSTER = "bench-kill-storm";
const SEED = Number(process.env.KUBENOVA_SEED || 20_261_121);

export async function run(): Promise<Record<string, number | string>> {
  say("an API server");
  await down(CLUSTER);
  const { kubeconfig } = await up({ name: CLUSTER, node: "none" });
  const kube = await loadKube({ kubeconfig });
  try {
    await installDefinitions(kube);
    const scene = await Scene.open(kube, kubeconfig, "storm");
    const random = seeded(SEED);
    const began = performance.now();
    const result = await killStorm(scene, new Revisions(NODES, random), { kills: KILLS, random, say });
    await scene.close();
    const { lost, duplicated, orphaned, kills, revisions, says } = result;
    if (says.length > 0) say(says.join("\n"));
    const seconds = round((performance.now() - began) / 1000);
    return { lost, duplicated, orphaned, kills, revisions, nodes: NODES, seconds, seed: SEED };
  } finally {
    kube.close();
    await down(CLUSTER);
  }
}
