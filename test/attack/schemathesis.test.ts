import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { placesOf } from "./operations.ts";
import { plan } from "./plan.ts";
import { attackApi, installSchemathesis } from "./schemathesis.ts";
import { startWorld, type World } from "./world.ts";

let world: World;
const dir = mkdtempSync(join(tmpdir(), "kubenova-attack-"));

beforeAll(async () => {
  await installSchemathesis();
  world = await startWorld();
});

afterAll(async () => {
  await world?.stop();
  rmSync(dir, { recursive: true, force: true });
});

/** An attack that hangs is given up then. */
const LIMIT_MS = plan.long ? 3_600_000 : 600_000;
const phases = plan.long ? ["examples", "coverage", "fuzzing", "stateful"] : ["examples", "fuzzing"];
const examples = plan.long ? 60 : 4;

const accepted = ([status]: [number, number]): boolean =>
  [101, 302, 303].includes(status) || (status >= 200 && status < 300);
/** What only a browser does, in the middle of its own login (test/e2e/login.test.ts, worker/routes/{auth,device}). */
const OF_BROWSERS = ["finishLogin", "decideDeviceLogin"];
const sum = (counts: [number, number][]): number => counts.reduce((total, [, count]) => total + count, 0);

describe(`requests that the OpenAPI document allows, and that it forbids (seed ${plan.seed})`, () => {
  it(
    "get an answer that it knows, whatever they hold",
    async () => {
      const { document, recorder, token } = world;
      const options = { document, url: recorder.url, token, seed: plan.seed, examples, phases, dir };
      const attack = await attackApi(options);
      expect(attack.code, attack.output).toBe(0);
      expect(attack.output).toContain(`Tested: ${placesOf(document).length}`);
      expect({ lost: recorder.lost, failed: recorder.failed }).toEqual({ lost: [], failed: [] });
    },
    LIMIT_MS,
  );

  it("reach every operation, and each of them accepts some", () => {
    const { document, recorder } = world;
    const ids = placesOf(document).map(({ id }) => id);
    const answers = new Map(ids.map((id) => [id, [...(recorder.answers.get(id) ?? [])]]));
    const all = [...answers.values()].flat();
    process.stderr.write(
      `schemathesis: ${ids.length} operations, ${sum(all)} requests, ${sum(all.filter(accepted))} accepted\n`,
    );
    expect(ids.filter((id) => answers.get(id)?.length === 0)).toEqual([]);
    expect(ids.filter((id) => !answers.get(id)?.some(accepted))).toEqual(OF_BROWSERS);
    // Where most are refused at the door, the handlers behind it were not attacked. The long plan is mostly of what is wrong.
    expect(sum(all.filter(accepted)) / sum(all)).toBeGreaterThan(plan.long ? 0.1 : 0.2);
  });
});
