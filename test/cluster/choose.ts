/** Which Kubernetes to use on this machine, said with its reason. */

import { UsageError } from "./errors.ts";
import type { Options } from "./options.ts";
import { attempt, isInstalled } from "./run.ts";

export const PROVIDERS = ["local", "kind", "kubeconfig"] as const;
export type Provider = (typeof PROVIDERS)[number];

type Choice = { provider: Provider; reason: string };

/** Chooses, and says on stderr what and why. */
export async function choose(options: Options): Promise<Provider> {
  const { provider, reason } = await decide(options, process.env, dockerAnswers);
  process.stderr.write(`cluster: using ${describe[provider]} (${reason})\n`);
  return provider;
}

const describe: Record<Provider, string> = {
  local: "our own Kubernetes on this machine",
  kind: "kind",
  kubeconfig: "the cluster of KUBECONFIG",
};

/** The order: what is asked for by name, an explicit KUBECONFIG, kind where Docker answers, ours. */
export async function decide(
  options: Pick<Options, "node">,
  env: { KUBENOVA_CLUSTER?: string; KUBECONFIG?: string },
  kindWorks: () => Promise<boolean>,
): Promise<Choice> {
  const named = env.KUBENOVA_CLUSTER;
  if (named) {
    const provider = PROVIDERS.find((candidate) => candidate === named);
    if (!provider) throw new UsageError(`KUBENOVA_CLUSTER=${named}: one of ${PROVIDERS.join(", ")}`);
    return { provider, reason: `KUBENOVA_CLUSTER=${named}` };
  }
  if (options.node !== "real")
    return { provider: "local", reason: `--node ${options.node} is only to be had there` };
  if (env.KUBECONFIG) return { provider: "kubeconfig", reason: `KUBECONFIG=${env.KUBECONFIG}` };
  if (await kindWorks()) return { provider: "kind", reason: "kind is installed and a Docker engine answers" };
  return { provider: "local", reason: "no KUBECONFIG, and no kind with a Docker engine that answers" };
}

async function dockerAnswers(): Promise<boolean> {
  if (!(await isInstalled("kind")) || !(await isInstalled("docker"))) return false;
  return (await attempt("docker", ["info", "--format", "{{.ServerVersion}}"])).code === 0;
}
