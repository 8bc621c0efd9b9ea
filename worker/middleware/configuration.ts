import { KubeNovaError } from "../../domain/errors/index.ts";
import type { Env } from "../env.ts";
import { keyRingProblem } from "../keys/ring.ts";
import { providerProblem } from "../sealing/providers.ts";

export const MIN_ADMIN_KEY_LENGTH = 32;

/** What is wrong with how this Worker is set up, for people; empty where all is well. */
export function configurationProblems(env: Env): string[] {
  const problems: string[] = [];
  if ((env.PLATFORM_ADMIN_KEY ?? "").length < MIN_ADMIN_KEY_LENGTH) {
    problems.push(
      `the secret PLATFORM_ADMIN_KEY is missing or shorter than ${MIN_ADMIN_KEY_LENGTH} characters: ` +
        "`openssl rand -hex 32 | npx wrangler secret put PLATFORM_ADMIN_KEY`",
    );
  }
  const ring = keyRingProblem(env);
  if (ring) problems.push(ring);
  const provider = providerProblem(env);
  if (provider) problems.push(provider);
  return problems;
}

/** @throws KubeNovaError KN-1901 with what to do */
export function checkConfiguration(env: Env): void {
  const problems = configurationProblems(env);
  if (problems.length > 0) {
    throw new KubeNovaError("KN-1901", `The manager is not set up: ${problems.join("; ")}.`, { problems });
  }
}
