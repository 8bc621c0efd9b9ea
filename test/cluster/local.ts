/** Up, down and list for the clusters that run on this machine from our own binary. */

import { existsSync, readFileSync } from "node:fs";
import { get, isNodeReady } from "./api.ts";
import { removeCgroup } from "./cgroups.ts";
import { create } from "./create.ts";
import { UsageError } from "./errors.ts";
import { KWOK_NODE } from "./kwok.ts";
import { withLock } from "./lock.ts";
import { lastWords } from "./logs.ts";
import { release } from "./network.ts";
import { type Options, validName } from "./options.ts";
import { clusterFolder } from "./paths.ts";
import { identify, isAlive } from "./processes.ts";
import { missingForRealNode } from "./requirements.ts";
import { files, readState, removeFolder, type State, writeState } from "./state.ts";
import { stopSupervisor } from "./supervisor.ts";

const LOCK_SECONDS = 100 * 60;

/** A healthy cluster of this name and these options is used again; a broken one is made anew. */
export function upLocal(wanted: Options): Promise<State> {
  return locked(wanted.name, async () => {
    const options = await possible(wanted);
    const present = readState(options.name);
    if (present && (await isHealthy(present))) {
      if (JSON.stringify(present.options) === JSON.stringify(options)) return present;
      throw new UsageError(`cluster ${options.name} runs with other options: take it down first`);
    }
    await clear(options.name);
    try {
      return await create(options);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const words = existsSync(clusterFolder(options.name)) ? lastWords(clusterFolder(options.name)) : "";
      await clear(options.name);
      throw new Error(`cluster ${options.name} did not come up: ${reason}\n${words}`, { cause: error });
    }
  });
}

/** Ends the cluster and removes all that it left. One that does not exist, or died, is fine. */
export function downLocal(name: string): Promise<void> {
  return locked(validName(name), () => clear(name));
}

export async function isHealthy(state: State): Promise<boolean> {
  const directory = clusterFolder(state.options.name);
  if (!state.supervisor || !isAlive(state.supervisor)) return false;
  try {
    await get(directory, state.server, "/readyz");
    const { node, name } = state.options;
    return (
      node === "none" || (await isNodeReady(directory, state.server, node === "kwok" ? KWOK_NODE : name))
    );
  } catch {
    return false;
  }
}

/** The order matters: the control group and the link are free only once no process is left. */
async function clear(name: string): Promise<void> {
  const directory = clusterFolder(name);
  const state = readState(name);
  const supervisor = state?.supervisor ?? startedUnrecorded(directory);
  if (supervisor) await stopSupervisor(supervisor);
  if (canHaveLinks()) await release(directory, state?.block);
  if (state?.cgroup) await removeCgroup(state.cgroup);
  // Said before the folder goes: were this to end here, the block may belong to another by the next time.
  if (state) writeState({ ...state, supervisor: undefined, block: undefined, cgroup: undefined });
  removeFolder(name);
}

/** Links are made by root alone, and found by their owner: also those that no state tells of. */
const canHaveLinks = () => process.platform === "linux" && process.getuid?.() === 0;

/** A start that was cut off right after the supervisor began, before the state said so. */
function startedUnrecorded(directory: string) {
  try {
    const found = identify(Number(readFileSync(files(directory).supervisorPid, "utf8")));
    const arguments_ = found && readFileSync(`/proc/${found.pid}/cmdline`, "utf8");
    return arguments_?.includes(files(directory).spec) ? found : undefined;
  } catch {
    return undefined;
  }
}

/** What this machine can do of it. */
async function possible(options: Options): Promise<Options> {
  if (options.node !== "real") return options;
  const missing = await missingForRealNode();
  if (missing === undefined) return options;
  process.stderr.write(`cluster: ${missing}\ncluster: going on without a node (--node none)\n`);
  return { ...options, node: "none" };
}

/** One `up` or `down` of a name at a time, among all processes. */
function locked<T>(name: string, work: () => Promise<T>): Promise<T> {
  const waiting = (pid: number) =>
    process.stderr.write(`cluster: waiting for process ${pid}, which is at work on ${name}\n`);
  return withLock(`${clusterFolder(name)}.lock`, LOCK_SECONDS, waiting, work);
}
