import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadKube } from "../../agent/kube/index.ts";
import { up } from "../cluster/index.ts";
import { until } from "../lib/until.ts";

/** Shared by the files of one run; teardown.ts ends it. */
export const SHARED = "unit-kube";

/** The kubeconfig of a real API server without a node: $KUBENOVA_TEST_KUBECONFIG's where set, else one of our own. */
export async function sharedApiServer(): Promise<string> {
  return process.env.KUBENOVA_TEST_KUBECONFIG || (await up({ name: SHARED, node: "none" })).kubeconfig;
}

/** Kills the server's process, and returns when the one that its supervisor starts in its place is ready. */
export async function killAndAwaitRestart(kubeconfig: string): Promise<void> {
  process.kill(serverProcess(kubeconfig).pid, "SIGKILL");
  await awaitReady(kubeconfig);
}

/** Forgets etcd's history up to now, as the API server does every five minutes. */
export async function compactHistory(kubeconfig: string): Promise<void> {
  const kube = await loadKube({ kubeconfig });
  const { resourceVersion } = await kube.list({ apiVersion: "v1", kind: "Namespace" });
  kube.close();
  const answer = await fetch(`${flagOf(serverProcess(kubeconfig), "--etcd-servers")}/v3/kv/compaction`, {
    method: "POST",
    body: JSON.stringify({ revision: resourceVersion, physical: true }),
  });
  if (!answer.ok) throw new Error(`etcd did not compact: ${await answer.text()}`);
}

/** Keeps a copy of etcd's data. What it answers puts that back, with etcd and the API server started anew. */
export function backUpStorage(kubeconfig: string): () => Promise<void> {
  const url = flagOf(serverProcess(kubeconfig), "--etcd-servers");
  const etcd = () => processWith("etcd", "--listen-client-urls", url);
  const data = flagOf(etcd(), "--data-dir");
  const copy = mkdtempSync(join(tmpdir(), "kubenova-etcd-"));
  const { pid } = etcd();
  process.kill(pid, "SIGSTOP");
  cpSync(data, copy, { recursive: true });
  process.kill(pid, "SIGCONT");
  return async () => {
    process.kill(serverProcess(kubeconfig).pid, "SIGKILL");
    const old = etcd().pid;
    process.kill(old, "SIGSTOP");
    rmSync(data, { recursive: true });
    cpSync(copy, data, { recursive: true });
    rmSync(copy, { recursive: true });
    process.kill(old, "SIGKILL");
    await awaitReady(kubeconfig);
  };
}

async function awaitReady(kubeconfig: string): Promise<void> {
  const kube = await loadKube({ kubeconfig });
  const isReady = async () => {
    const ready = await kube.request({ path: "/readyz", timeoutMs: 2_000 }).catch(() => undefined);
    return ready?.status === 200;
  };
  await until("the API server is back", isReady, { deadlineMs: 60_000 });
  kube.close();
}

interface Process {
  pid: number;
  args: string[];
}

function serverProcess(kubeconfig: string): Process {
  const server = /server"?: *"?(https:[^\s",]+)/.exec(readFileSync(kubeconfig, "utf8"))?.[1] ?? "";
  return processWith("kube-apiserver", "--secure-port", new URL(server).port);
}

/** The process of this machine that is this program of the cluster's binary, with this flag. */
function processWith(program: string, flag: string, value: string): Process {
  const found = readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .map((entry) => ({ pid: Number(entry), args: argumentsOf(entry) }))
    .find(({ args }) => args[1] === program && args.includes(flag) && args[args.indexOf(flag) + 1] === value);
  if (!found) throw new Error(`no ${program} with ${flag} ${value} runs on this machine`);
  return found;
}

function flagOf({ args }: Process, flag: string): string {
  const value = args[args.indexOf(flag) + 1];
  if (!args.includes(flag) || !value) throw new Error(`${args[1]} was started without ${flag}`);
  return value;
}

function argumentsOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch {
    return [];
  }
}
