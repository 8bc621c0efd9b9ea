/** What the agent's chart installs beside its pod, for a cluster whose nodes cannot run that pod. */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import type { Cluster } from "../cluster/index.ts";
import { run } from "../cluster/run.ts";
import { kubectl } from "../lib/kubectl.ts";
import { baseValues, CHART, type InstallOptions, NAMESPACE, RELEASE, withValues } from "./agent-chart.ts";

/** A long demo outlives a token of an hour, and nobody renews this one. */
const TOKEN_DURATION = "720h";
const PODS = ["Deployment", "Pod"];

export interface ObjectsOptions extends Omit<InstallOptions, "values" | "cluster"> {
  cluster: Pick<Cluster, "helm" | "kubectl" | "kubeconfig" | "server">;
}

/** What the pod's container would be told. */
export interface Container {
  /** Those variables of the chart whose values stand in it. */
  env: Record<string, string>;
  memoryLimitMiB: number;
}

interface Manifest {
  kind: string;
  spec?: { template: { spec: { containers: [{ env: Variable[]; resources: Resources }] } } };
}
interface Variable {
  name: string;
  value?: string;
}
interface Resources {
  limits: { memory: string };
}

/** Installs the chart's definitions, ServiceAccount and rights, and answers what its pod would run with. */
export async function installObjects(options: ObjectsOptions): Promise<Container> {
  const text = await withValues(baseValues(options, "kubenova/agent:process"), (file) =>
    run(options.cluster.helm, ["template", RELEASE, CHART, "--namespace", NAMESPACE, "--values", file]),
  );
  const manifests = parseAllDocuments(text)
    .map((document) => document.toJS() as Manifest | null)
    .filter((manifest) => manifest !== null);
  const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } };
  const items = [namespace, ...manifests.filter(({ kind }) => !PODS.includes(kind))];
  const admin = kubectl(options.cluster);
  await admin.apply(items, "--force-conflicts");
  await admin.run("wait", "--for=condition=Established", "crd", "--all", "--timeout=60s");
  return containerOf(manifests);
}

function containerOf(manifests: Manifest[]): Container {
  const container = manifests.find(({ kind }) => kind === "Deployment")?.spec?.template.spec.containers[0];
  if (!container) throw new Error("the chart has no Deployment");
  const limit = /^(\d+)Mi$/.exec(container.resources.limits.memory);
  if (!limit) throw new Error(`not in Mi: ${container.resources.limits.memory}`);
  const valued = container.env.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]]));
  return { env: Object.fromEntries(valued) as Record<string, string>, memoryLimitMiB: Number(limit[1]) };
}

/** Writes the account's token and the cluster's CA as the kubelet mounts them. */
export async function mountServiceAccount(cluster: ObjectsOptions["cluster"], folder: string): Promise<void> {
  const admin = kubectl(cluster);
  const token = await admin.run("create", "token", RELEASE, "-n", NAMESPACE, `--duration=${TOKEN_DURATION}`);
  const config = await admin.json<{ clusters: [{ cluster: { "certificate-authority-data": string } }] }>(
    ...["config", "view", "--raw", "--minify", "--flatten"],
  );
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(join(folder, "token"), token.trim(), { mode: 0o600 });
  const ca = config.clusters[0].cluster["certificate-authority-data"];
  writeFileSync(join(folder, "ca.crt"), Buffer.from(ca, "base64"));
}
