import { readdirSync, readFileSync } from "node:fs";
import { loadKube } from "../../agent/kube/index.ts";
import { up } from "../cluster/index.ts";
import { until } from "./until.ts";

/** Shared by the files of one run; teardown.ts ends it. */
export const SHARED = "unit-kube";

/** The kubeconfig of a real API server without a node: $KUBENOVA_TEST_KUBECONFIG's where set, else one of our own. */
export async function sharedApiServer(): Promise<string> {
  return process.env.KUBENOVA_TEST_KUBECONFIG || (await up({ name: SHARED, node: "none" })).kubeconfig;
}

/** Kills the server's process, and returns when the one that its supervisor starts in its place is ready. */
export async function killAndAwaitRestart(kubeconfig: string): Promise<void> {
  const kube = await loadKube({ kubeconfig });
  const [old] = processesWith("--secure-port", new URL(kube.server).port);
  if (!old) throw new Error(`no API server of this machine listens on ${kube.server}`);
  process.kill(old.pid, "SIGKILL");
  const isReady = async () => {
    const ready = await kube.request({ path: "/readyz", timeoutMs: 2_000 }).catch(() => undefined);
    return ready?.status === 200;
  };
  await until("the API server is back", isReady, 60_000);
  kube.close();
}

/** Forgets etcd's history up to now, as the API server does every five minutes. */
export async function compactHistory(kubeconfig: string): Promise<void> {
  const kube = await loadKube({ kubeconfig });
  const [server] = processesWith("--secure-port", new URL(kube.server).port);
  const at = server?.args.indexOf("--etcd-servers") ?? -1;
  const etcd = server?.args[at + 1];
  if (at < 0 || !etcd) throw new Error("the API server's etcd is not known");
  const { resourceVersion } = await kube.list({ apiVersion: "v1", kind: "Namespace" });
  const answer = await fetch(`${etcd}/v3/kv/compaction`, {
    method: "POST",
    body: JSON.stringify({ revision: resourceVersion, physical: true }),
  });
  if (!answer.ok) throw new Error(`etcd did not compact: ${await answer.text()}`);
  kube.close();
}

/** Processes that were started with this flag and value. */
function processesWith(flag: string, value: string): { pid: number; args: string[] }[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .map((entry) => ({ pid: Number(entry), args: argumentsOf(entry) }))
    .filter(
      ({ args }) =>
        args.includes(flag) && args[args.indexOf(flag) + 1] === value && args[1] === "kube-apiserver",
    );
}

function argumentsOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch {
    return [];
  }
}
