import type { Env } from "./env.ts";

/** Longer than any test needs to see that the point was reached, and to kill the process there. */
const HOLD_MS = 60_000;

/**
 * A place where a test stops the work for good, to kill the process right there. Nothing happens unless the binding
 * TEST_FAILPOINTS is `on`, which no deployment has; KUBENOVA_FAILPOINT names the places, separated by commas.
 */
export async function failpoint(
  env: Env,
  name: "armed" | "committed" | "alarm" | "rotation-step",
): Promise<void> {
  if (env.TEST_FAILPOINTS !== "on" || !(env.KUBENOVA_FAILPOINT ?? "").split(",").includes(name)) return;
  await scheduler.wait(HOLD_MS);
}
