import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { declareProject } from "../e2e/lib.ts";
import { until } from "../lib/until.ts";
import { Apps, expectNoneLost, expectUntouched, type Standing } from "./apps.ts";
import { plan } from "./plan.ts";
import { type Scene, startScene } from "./scene.ts";

/** An agent that misses what was said, in every way it can: what argocd-agent drops (#809) and deletes (#813). */
let scene: Scene;
let apps: Apps;

const CHANGES = 200;
const DELETIONS = 50;
const UNTOUCHED = 50;
const ROUNDS = plan.long ? 6 : 1;

beforeAll(async () => {
  scene = await startScene({ name: "away" });
  await declareProject(scene.api, "acme", "shop", scene.name);
  apps = new Apps(scene, plan.seed);
});
afterAll(() => scene?.stop());

/** As many apps as a round needs, all at rest. */
async function atRest(): Promise<Standing> {
  await apps.create(CHANGES + DELETIONS + UNTOUCHED - apps.versions.size);
  return apps.settled();
}

/** The agent is away while much changes; `back` brings it back. */
async function missAndCatchUp(away: () => Promise<void>, back: () => Promise<void>): Promise<void> {
  const before = await atRest();
  await away();
  const gone = new Set(apps.deleted);
  const untouched = new Set(await apps.attack(CHANGES, DELETIONS));
  expect(untouched.size).toBe(UNTOUCHED);
  expectUntouched(before, await apps.standing(), []);
  await back();
  const after = await apps.settled();
  const removed = [...apps.deleted].filter((name) => !gone.has(name));
  expect(removed).toHaveLength(DELETIONS);
  expectUntouched(
    before,
    after,
    [...apps.versions.keys(), ...removed].filter((name) => !untouched.has(name)),
  );
  expectNoneLost(before, after, removed);
  await apps.told();
}

describe(`an agent that was away while ${CHANGES} apps changed and ${DELETIONS} were deleted`, () => {
  for (let round = 1; round <= ROUNDS; round += 1) {
    // The quick plan kills it in the test after the next, more than once.
    if (plan.long) {
      it(`because it was killed: exactly those, and nothing else is written (round ${round})`, async () => {
        await missAndCatchUp(
          () => scene.agent.kill(),
          async () => scene.agent.restart(),
        );
      });
    }

    it(`because the network was gone: exactly those, and nothing else is written (round ${round})`, async () => {
      await missAndCatchUp(
        async () => scene.relay.stall(),
        async () => {
          scene.relay.cut();
          scene.relay.restore();
        },
      );
    });

    it(`because it was killed, and is again and again as it catches up: the same (round ${round})`, async () => {
      const kills = plan.long ? apps.between(2, 6) : 2;
      await missAndCatchUp(
        () => scene.agent.kill(),
        async () => {
          for (let kill = 0; kill < kills; kill += 1) {
            const wrong = apps.wrong(await apps.standing()).length;
            const enough = apps.between(1, Math.max(2, Math.floor(wrong / 4)));
            scene.agent.restart();
            await until(
              "it has begun to catch up",
              async () => apps.wrong(await apps.standing()).length <= wrong - enough,
              { everyMs: 20 },
            );
            await scene.agent.kill();
          }
          scene.agent.restart();
        },
      );
    });
  }
});

/** Its next hello asks for the whole set, though it knows the epoch: absence from that set is a reason to delete. */
async function wantSnapshot(): Promise<void> {
  const state = ["configmap", "kubenova-agent-state", "-n", "kubenova-system"];
  const { data } = await scene.kubectl.json<{ data: { state: string } }>("get", ...state);
  const patch = { data: { state: JSON.stringify({ ...JSON.parse(data.state), refused: true }) } };
  await scene.kubectl.run("patch", ...state, "--type=merge", "-p", JSON.stringify(patch));
}

describe("a socket that is cut in the middle of a snapshot", () => {
  const CUTS = plan.long ? 40 : 4;
  /** From within the first documents to nearly all of the 300. */
  const MOST_BYTES = 250_000;

  it(`${CUTS} times: nothing is lost or deleted by what is half there, and the whole one is followed`, async () => {
    const before = await atRest();
    await scene.agent.kill();
    await wantSnapshot();
    const gone = new Set(apps.deleted);
    const untouched = new Set(await apps.attack(30, 10));
    const removed = [...apps.deleted].filter((name) => !gone.has(name));
    scene.relay.cutAfter(2_000);
    scene.agent.restart();
    for (let cut = 1; cut <= CUTS; cut += 1) {
      await until(`cut ${cut}`, () => scene.relay.cuts >= cut, { deadlineMs: 60_000 });
      expectNoneLost(before, await apps.standing());
      scene.relay.cutAfter(apps.between(2_000, MOST_BYTES));
    }
    scene.relay.cutAfter(undefined);
    // One that was open when the last bound was lifted may still be cut.
    const after = await apps.settled();
    expectNoneLost(before, after, removed);
    const changed = [...apps.versions.keys(), ...removed].filter((name) => !untouched.has(name));
    expectUntouched(before, after, changed);
    await apps.told();
  });
});
