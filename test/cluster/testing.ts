/** For the tests of this folder: clusters of their own, and what of a cluster is still there. */

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cgroupFolders } from "./cgroups.ts";
import { down, list } from "./index.ts";
import { clusterFolder, clustersFolder } from "./paths.ts";
import { childrenOf, identify, isAlive, type ProcessIdentity } from "./processes.ts";
import { attempt, run } from "./run.ts";
import { readState, type State } from "./state.ts";

/** Puts all state below a folder of its own and forces our own Kubernetes; answers the way back. */
export function isolate(): () => Promise<void> {
  const before = {
    XDG_STATE_HOME: process.env.XDG_STATE_HOME,
    KUBENOVA_CLUSTER: process.env.KUBENOVA_CLUSTER,
  };
  const folder = mkdtempSync(join(tmpdir(), "kubenova-state-"));
  process.env.XDG_STATE_HOME = folder;
  process.env.KUBENOVA_CLUSTER = "local";
  return async () => {
    for (const { name } of await list()) await down(name);
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    rmSync(folder, { recursive: true, force: true });
  };
}

export function stateOf(name: string): State & { supervisor: ProcessIdentity } {
  const state = readState(name);
  if (!state?.supervisor) throw new Error(`${name} does not run`);
  return { ...state, supervisor: state.supervisor };
}

/** The process and all below it: the pods' too, whose shims become the supervisor's children. */
export function descendants(pid: number): ProcessIdentity[] {
  const self = identify(pid);
  return [...(self ? [self] : []), ...childrenOf(pid).flatMap(descendants)];
}

/** What there is of a cluster on this machine, in words; empty where nothing is. */
export async function traces(name: string, state: State, processes: ProcessIdentity[]): Promise<string[]> {
  const found = processes.filter(isAlive).map(({ pid }) => `process ${pid}`);
  const folder = clusterFolder(name);
  if (existsSync(folder)) found.push(`folder ${folder}`);
  const beside = existsSync(clustersFolder()) ? readdirSync(clustersFolder()) : [];
  found.push(...beside.filter((entry) => entry.startsWith(`${name}.`)).map((entry) => `file ${entry}`));
  if (readFileSync("/proc/mounts", "utf8").includes(folder)) found.push(`mounts below ${folder}`);
  if (state.cgroup) found.push(...cgroupFolders(state.cgroup).map((group) => `cgroup ${group}`));
  if (state.block) found.push(...(await networkTraces(state.block)));
  return found;
}

async function networkTraces({ link, pods, services }: NonNullable<State["block"]>): Promise<string[]> {
  const found: string[] = [];
  if ((await attempt("ip", ["link", "show", link])).code === 0) found.push(`interface ${link}`);
  const routes = await run("ip", ["route", "show", "table", "all"]);
  found.push(...[pods, services].filter((range) => routes.includes(range)).map((range) => `route ${range}`));
  const tables = await run("nft", ["list", "tables"]);
  if (tables.includes(`kubenova_${link.replace("-", "_")}`)) found.push(`nftables table of ${link}`);
  return found;
}
