import { setTimeout as sleep } from "node:timers/promises";
import type { Verdict } from "./ledger.ts";
import { MOMENTS } from "./operator-process.ts";
import type { Revisions } from "./revisions.ts";
import type { Scene } from "./scene.ts";

/** After so many kills it is let finish, and the cluster compared with the graph. */
const KILLS_A_LOOK = 20;
/** A start and the first writes are over by then. */
const RANDOM_KILL_WITHIN_MS = 1_500;

export interface StormResult extends Verdict {
  kills: number;
  revisions: number;
  looks: number;
}

/**
 * Kills operators at random points while the graph is revised at random: at the n-th write, before it, on its way or
 * after it, or after a random time. Now and then, and at the end, one may finish.
 */
export async function killStorm(
  scene: Scene,
  revisions: Revisions,
  options: { kills: number; random: () => number; say?: (text: string) => void },
): Promise<StormResult> {
  const { kills, random, say = () => {} } = options;
  const sum: StormResult = {
    lost: 0,
    duplicated: 0,
    orphaned: 0,
    says: [],
    kills: 0,
    revisions: 0,
    looks: 0,
  };
  const look = async () => {
    const verdict = await scene.finish();
    sum.lost += verdict.lost;
    sum.orphaned += verdict.orphaned;
    // Those are remembered.
    sum.duplicated = verdict.duplicated;
    sum.says.push(...verdict.says);
    sum.looks += 1;
    say(`${scene.kills} kills, ${revisions.number} revisions: ${JSON.stringify(verdict)}`);
  };
  await scene.write(revisions.spec());
  let looked = 0;
  while (scene.kills < kills) {
    if (scene.kills - looked >= KILLS_A_LOOK) {
      looked = scene.kills;
      await look();
    }
    if (random() < 0.35) {
      revisions.revise();
      await scene.write(revisions.spec());
    }
    await once(scene, revisions, random);
  }
  await look();
  return { ...sum, kills: scene.kills, revisions: revisions.number };
}

/** One operator's life. One that has no more to do gets another revision. */
async function once(scene: Scene, revisions: Revisions, random: () => number): Promise<void> {
  if (random() < 0.25) {
    scene.start();
    await sleep(random() * RANDOM_KILL_WITHIN_MS);
    return scene.kill();
  }
  const moment = MOMENTS[Math.floor(random() * MOMENTS.length)] ?? "before";
  // Few writes are as likely as many.
  const operator = scene.start({ write: Math.ceil(2 ** (random() * 6)), moment });
  while (!(await scene.diesOrIsDone(operator))) {
    revisions.revise();
    await scene.write(revisions.spec());
  }
}
