/**
 * `make demo`: the main journey on this machine, on real parts. `DEMO_EXIT=1` ends it after the last step.
 * Everything that it starts ends with it.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type End, endAll, startPlatform } from "../../test/lib/platform.ts";
import { declareApp, publishVersions } from "./app.ts";
import { managerGone, page, rollBack, rollOut, watchStatus } from "./journey.ts";
import { whatNext } from "./next.ts";
import { bold, closingLine, detail, line, step } from "./screen.ts";

const scratch = mkdtempSync(join(tmpdir(), "kubenova-demo-"));
const ends: End[] = [];
let ending: Promise<never> | undefined;

function end(code: number): Promise<never> {
  ending ??= (async () => {
    await endAll(ends);
    rmSync(scratch, { recursive: true, force: true });
    process.exit(code);
  })();
  return ending;
}
process.on("SIGINT", () => void end(130));
process.on("SIGTERM", () => void end(143));

try {
  line(bold("KubeNova: from an API call at the edge to a running pod, and back"));
  const at = await step("platform", "A cluster, a manager, an agent that dials out", () =>
    startPlatform({ name: "demo", onStep: detail, playedPods: true, ends }),
  );
  const images = await step("images", "A small web app, built here, in the local registry", () =>
    publishVersions(at.cluster, scratch),
  );
  await step("declare", "Tenant, project, environments and the app, declared through the API", () =>
    declareApp(at, images[0]),
  );
  await step("status", "Its status, live", () => watchStatus(at));
  await step("page", "Its page, through the tunnel", () => page(at, "1"));
  await step("away", "The manager is killed for ten seconds", () => managerGone(at));
  await step("rollout", "A new revision", () => rollOut(at, images[1]));
  await step("rollback", "And back", () => rollBack(at));
  whatNext(at);
  if (process.env.DEMO_EXIT === "1") {
    await endAll(ends);
    line(closingLine());
    await end(0);
  }
  line("\nCtrl-C ends the demo and removes what it made.");
  setInterval(() => {}, 1 << 30);
} catch (error) {
  line(`\ndemo: failed: ${error instanceof Error ? error.message : String(error)}`);
  await end(1);
}
