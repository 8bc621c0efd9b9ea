/** The agent as a process beside the cluster, where no node can run its image. */

import { spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { customResourceDefinitions } from "../../protocol/resources/crds.ts";
import type { Cluster } from "../cluster/index.ts";
import { endWithParent, killTree, run } from "../lib/process.ts";
import { ROOT } from "../manager/bundle.ts";
import { NAMESPACE } from "./agent-chart.ts";

export interface AgentProcess {
  stop(): Promise<void>;
}

export interface ProcessOptions {
  cluster: Pick<Cluster, "kubectl" | "kubeconfig">;
  manager: { url: string; caFile?: string };
  joinToken: string;
  mode: "manage" | "read-only";
  /** Its log. */
  logFile: string;
}

/** Installs the definitions and starts the agent from its sources, as the administrator of the kubeconfig. */
export async function startAgentProcess(options: ProcessOptions): Promise<AgentProcess> {
  const { cluster, manager } = options;
  const kubectl = (args: string[], input?: unknown): Promise<string> =>
    run(
      cluster.kubectl,
      ["--kubeconfig", cluster.kubeconfig, ...args],
      input ? { input: JSON.stringify(input) } : {},
    );
  const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } };
  const items = [namespace, ...customResourceDefinitions()];
  await kubectl(["apply", "--server-side", "-f", "-"], { apiVersion: "v1", kind: "List", items });
  await kubectl(["wait", "--for=condition=Established", "crd", "--all", "--timeout=60s"]);
  const env = {
    ...process.env,
    KUBECONFIG: cluster.kubeconfig,
    KUBENOVA_MANAGER_URL: manager.url,
    ...(manager.caFile ? { KUBENOVA_CA_FILE: manager.caFile } : { KUBENOVA_ALLOW_INSECURE: "true" }),
    KUBENOVA_JOIN_TOKEN: options.joinToken,
    KUBENOVA_MODE: options.mode,
    KUBENOVA_HTTP_HOST: "127.0.0.1",
    KUBENOVA_HTTP_PORT: "0",
    POD_NAMESPACE: NAMESPACE,
  };
  const child = spawn(join(ROOT, "node_modules/.bin/node"), [join(ROOT, "agent/main.ts")], {
    cwd: ROOT,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  endWithParent(child);
  const log = createWriteStream(options.logFile, { flags: "a" });
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  return { stop: () => killTree(child, "SIGTERM") };
}
