/** kind, where the user has it and a Docker engine. Its clusters are named kubenova-NAME. */

import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Cluster } from "./cluster.ts";
import { UsageError } from "./errors.ts";
import { clientPrograms } from "./existing.ts";
import type { Options } from "./options.ts";
import { clustersFolder } from "./paths.ts";
import { attempt, isInstalled, run } from "./run.ts";

const kindName = (name: string) => `kubenova-${name}`;

/** Beside the clusters' folders, so that `list` and `down` of ours do not take it for one. */
const kubeconfigOf = (name: string) => join(dirname(clustersFolder()), "kind", `${name}.kubeconfig`);

/** The kind clusters that `upKind` made and nobody took down. */
export function kindNames(): string[] {
  try {
    const names = readdirSync(dirname(kubeconfigOf("x"))).map((file) => basename(file, ".kubeconfig"));
    return names.sort();
  } catch {
    return [];
  }
}

export async function upKind(options: Options): Promise<Cluster> {
  const { name } = options;
  if (options.node !== "real") throw new UsageError(`--node ${options.node}: set KUBENOVA_CLUSTER=local`);
  if (options.audit || options.auditWebhook)
    throw new UsageError("the audit log is to be had with KUBENOVA_CLUSTER=local only");
  const kubeconfig = kubeconfigOf(name);
  mkdirSync(dirname(kubeconfig), { recursive: true });
  const present = (await run("kind", ["get", "clusters"])).split("\n").includes(kindName(name));
  if (present)
    await run("kind", ["export", "kubeconfig", "--name", kindName(name), "--kubeconfig", kubeconfig]);
  else await createCluster(options, kubeconfig);
  const programs = await clientPrograms();
  const view = ["--kubeconfig", kubeconfig, "config", "view", "-o", "jsonpath={.clusters[0].cluster.server}"];
  const server = await run(programs.kubectl, view);
  const format = "{{range .IPAM.Config}}{{.Gateway}}\n{{end}}";
  const gateways = (await run("docker", ["network", "inspect", "kind", "-f", format])).split("\n");
  const gateway = gateways.find((address) => /^[\d.]+$/.test(address)) ?? "127.0.0.1";
  return { name, node: "real", kubeconfig, server, ...programs, gateway, down: () => downKind(name) };
}

async function createCluster(options: Options, kubeconfig: string): Promise<void> {
  const config = {
    kind: "Cluster",
    apiVersion: "kind.x-k8s.io/v1alpha4",
    featureGates: options.featureGates,
    runtimeConfig: Object.fromEntries(
      Object.entries(options.runtimeConfig).map(([k, on]) => [k, String(on)]),
    ),
  };
  const names = ["--name", kindName(options.name), "--kubeconfig", kubeconfig];
  await run("kind", ["create", "cluster", ...names, "--wait", "180s", "--config", "-"], {
    input: JSON.stringify(config),
    showProgress: true,
  });
}

/** Without kind, or a cluster of that name, there is nothing to do. */
export async function downKind(name: string): Promise<void> {
  rmSync(kubeconfigOf(name), { force: true });
  if (!(await isInstalled("kind"))) return;
  await attempt("kind", ["delete", "cluster", "--name", kindName(name)]);
}

/** Puts the image of an OCI or Docker archive on the node. */
export async function importIntoKind(name: string, tar: string): Promise<void> {
  await run("kind", ["load", "image-archive", tar, "--name", kindName(name)]);
}
