/** Talking to the containerd of a cluster from outside of its mounts. */

import { until } from "../lib/until.ts";
import { CONTAINERD_SOCKET } from "./node.ts";
import { attempt, run } from "./run.ts";
import type { State } from "./state.ts";

/** The kernel shows a process's mounts below its folder in /proc. */
function ctrArguments(state: State): string[] {
  if (!state.block || !state.supervisor) {
    throw new Error(`cluster ${state.options.name} has no node that could hold an image`);
  }
  return ["-a", `/proc/${state.supervisor.pid}/root${CONTAINERD_SOCKET}`, "-n", "k8s.io"];
}

export async function awaitContainerd(state: State): Promise<void> {
  const args = [...ctrArguments(state), "version"];
  await until("containerd", async () => (await attempt("ctr", args)).code === 0, { deadlineMs: 60_000 });
}

/** Puts the images of an OCI layout tar, under the full names that it gives them, on the node. */
export async function importTar(state: State, tar: string): Promise<void> {
  await run("ctr", [...ctrArguments(state), "images", "import", tar]);
}
