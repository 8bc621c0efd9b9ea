/** The agent as a process beside the cluster, where no node can run its image. */

import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { createWriteStream, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../cluster/run.ts";
import { endWithParent, freePort, killTree } from "../lib/process.ts";
import { ROOT } from "../manager/bundle.ts";
import { NAMESPACE } from "./agent-chart.ts";
import { type Container, installObjects, mountServiceAccount, type ObjectsOptions } from "./agent-objects.ts";
import { AGENT_PROGRAMS, type AgentProgram, agentProgram } from "./go-binary.ts";

export interface AgentProcess {
  pid(): number;
  /** Of its health and metrics server. */
  url: string;
  /** Ends it without warning. */
  kill(): Promise<void>;
  /** Ends it in good order. */
  terminate(): Promise<void>;
  /** Starts it after it ended: as the kubelet starts a container that died anew in its pod, or in another pod. */
  restart(pod?: "same" | "another"): void;
  stop(): Promise<void>;
}

export interface ProcessOptions extends ObjectsOptions {
  /** Its log. */
  logFile: string;
  /** Another identity than the chart's ServiceAccount. */
  kubeconfig?: string;
  /** More variables of its environment. */
  env?: Readonly<Record<string, string>>;
}

const NODE = join(ROOT, "node_modules/.bin/node");

/** Starts the agent as its pod would run: the image's bundle, the chart's variables, its ServiceAccount and rights. */
export async function startAgentProcess(options: ProcessOptions): Promise<AgentProcess> {
  const folder = mkdtempSync(join(tmpdir(), "kubenova-agent-"));
  const port = await freePort();
  const env = await prepare(options, folder, port).catch((error: unknown) => {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  });
  const log = createWriteStream(options.logFile, { flags: "a" });
  let child: ChildProcess;
  const start = (pod: "same" | "another" = "same") => {
    if (pod === "another") env.POD_UID = randomUUID();
    child = spawn(NODE, [join(folder, "main.js")], {
      cwd: folder,
      env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    endWithParent(child);
    child.stdout?.pipe(log, { end: false });
    child.stderr?.pipe(log, { end: false });
  };
  start();
  return {
    pid: () => child.pid ?? 0,
    url: `http://127.0.0.1:${port}`,
    kill: () => killTree(child, "SIGKILL"),
    terminate: () => killTree(child, "SIGTERM"),
    restart: start,
    async stop() {
      await killTree(child, "SIGTERM");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Rights in the cluster, account and bundle in the folder. @returns the environment to start it with */
async function prepare(options: ProcessOptions, folder: string, port: number): Promise<NodeJS.ProcessEnv> {
  const container = await installObjects(options);
  await mountServiceAccount(options.cluster, join(folder, "account"));
  await run(NODE, [join(ROOT, "agent/build.ts"), folder], { cwd: join(ROOT, "agent") });
  for (const name of Object.keys(AGENT_PROGRAMS) as AgentProgram[])
    symlinkSync(await agentProgram(name), join(folder, name));
  return { ...podEnvironment(options, container, folder), KUBENOVA_HTTP_PORT: String(port) };
}

function podEnvironment(
  { cluster, manager, joinToken, kubeconfig, env: more }: ProcessOptions,
  { env, memoryLimitMiB }: Container,
  folder: string,
): NodeJS.ProcessEnv {
  const server = new URL(cluster.server);
  return {
    ...env,
    // A share of the container's limit, which is this machine's here.
    NODE_OPTIONS: env.NODE_OPTIONS?.replace(
      /--max-old-space-size-percentage=(\d+)/,
      (_, percent: string) => `--max-old-space-size=${Math.floor((memoryLimitMiB * Number(percent)) / 100)}`,
    ),
    NODE_ENV: "production",
    ...(manager.caFile ? { KUBENOVA_CA_FILE: manager.caFile } : {}),
    KUBENOVA_JOIN_TOKEN: joinToken,
    KUBENOVA_HTTP_HOST: "127.0.0.1",
    // The addresses of Services are the node's alone.
    KUBENOVA_SERVICE_DIAL: "api-server",
    KUBENOVA_CACHE_DIR: join(folder, "cache"),
    // Tests have their registries and git servers on this machine.
    KUBENOVA_SOURCES_ALLOWED_CIDRS: "127.0.0.0/8",
    KUBENOVA_SERVICE_ACCOUNT_DIR: join(folder, "account"),
    KUBERNETES_SERVICE_HOST: server.hostname,
    KUBERNETES_SERVICE_PORT: server.port || "443",
    ...(kubeconfig === undefined ? {} : { KUBECONFIG: kubeconfig }),
    POD_NAMESPACE: NAMESPACE,
    POD_NAME: "kubenova-agent-process",
    POD_UID: randomUUID(),
    ...more,
  };
}
