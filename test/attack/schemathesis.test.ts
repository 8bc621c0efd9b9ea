import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ApiClient } from "../lib/api.ts";
import { type Manager, startManager } from "../manager/start.ts";
import { plan } from "./plan.ts";
import { attackApi, installSchemathesis } from "./schemathesis.ts";

let manager: Manager;
let api: ApiClient;
const dir = mkdtempSync(join(tmpdir(), "kubenova-attack-"));

beforeAll(async () => {
  await installSchemathesis();
  manager = await startManager({ vars: { LOG_LEVEL: "error" } });
  api = new ApiClient(manager);
});

afterAll(async () => {
  api?.close();
  await manager?.stop();
  rmSync(dir, { recursive: true, force: true });
});

/** An attack that hangs is given up then. */
const LIMIT_MS = plan.long ? 3_600_000 : 600_000;
const phases = plan.long ? ["examples", "coverage", "fuzzing", "stateful"] : ["examples", "fuzzing"];
const examples = plan.long ? 60 : 8;

it(
  `whatever a request holds, the answer is one that the OpenAPI document knows (seed ${plan.seed})`,
  async () => {
    const url = await manager.directUrl();
    const attack = await attackApi({
      url,
      token: await api.bearer(),
      seed: plan.seed,
      examples,
      phases,
      dir,
    });
    expect(attack.code, attack.output).toBe(0);
    expect(attack.output).toContain("Operations:");
  },
  LIMIT_MS,
);
