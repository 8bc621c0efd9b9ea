/** A cluster that the user has already and named by KUBECONFIG. It is used; it is never taken down. */

import { networkInterfaces } from "node:os";
import { ensureBinaries } from "./binary.ts";
import type { Cluster } from "./cluster.ts";
import { UsageError } from "./errors.ts";
import type { Options } from "./options.ts";
import { isInstalled, run } from "./run.ts";

export async function upExisting(options: Options): Promise<Cluster> {
  const kubeconfig = process.env.KUBECONFIG;
  if (!kubeconfig) throw new UsageError("KUBENOVA_CLUSTER=kubeconfig needs KUBECONFIG");
  if (options.audit || options.auditWebhook || hasSwitches(options)) {
    throw new UsageError("audit, feature gates and runtime config cannot be set on a cluster of yours");
  }
  const programs = await clientPrograms();
  const view = ["--kubeconfig", kubeconfig, "config", "view", "--minify", "-o", "json"];
  const config = JSON.parse(await run(programs.kubectl, view)) as {
    clusters: { cluster: { server: string } }[];
  };
  const server = config.clusters[0]?.cluster.server ?? "";
  await run(programs.kubectl, ["--kubeconfig", kubeconfig, "get", "--raw", "/readyz"]);
  const gateway = ownAddress();
  return { name: options.name, node: "real", kubeconfig, server, ...programs, gateway, down: async () => {} };
}

export const hasSwitches = (options: Options) =>
  Object.keys(options.featureGates).length + Object.keys(options.runtimeConfig).length > 0;

/** The user's own where they have both, else ours, which must be built. */
export async function clientPrograms(): Promise<{ kubectl: string; helm: string }> {
  if ((await isInstalled("kubectl")) && (await isInstalled("helm")))
    return { kubectl: "kubectl", helm: "helm" };
  const { kubectl, helm } = await ensureBinaries();
  return { kubectl, helm };
}

/** The first address of this machine that is not its loopback: the best guess of what pods can reach. */
function ownAddress(): string {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return addresses.find(({ family, internal }) => family === "IPv4" && !internal)?.address ?? "127.0.0.1";
}
