/** The state folder of a cluster: what runs, where, and what `down` must clear. */

import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Block } from "./network.ts";
import type { Options } from "./options.ts";
import { clusterFolder, clustersFolder } from "./paths.ts";
import type { ProcessIdentity } from "./processes.ts";

export type State = {
  options: Options;
  server: string;
  /** The host's address that pods and the node reach. */
  gateway: string;
  nodeIP?: string;
  /** HOST:PORT of the local registry. */
  registry?: string;
  auditLog?: string;
  /** Present for a node in namespaces of its own: what stands outside of them. */
  block?: Block;
  /** The name of this cluster's control group, under the root of each hierarchy. */
  cgroup?: string;
  /** Absent until it was started. */
  supervisor?: ProcessIdentity;
};

/** Files of the folder that more than one module names. */
export const files = (directory: string) => ({
  state: join(directory, "state.json"),
  kubeconfig: join(directory, "kubeconfig"),
  kubectl: join(directory, "kubectl"),
  helm: join(directory, "helm"),
  auditLog: join(directory, "logs", "audit.log"),
  supervisorPid: join(directory, "supervisor.pid"),
  spec: join(directory, "spec.json"),
});

/** Undefined where there is no such cluster, or only a folder that says nothing. */
export function readState(name: string): State | undefined {
  try {
    return JSON.parse(readFileSync(files(clusterFolder(name)).state, "utf8")) as State;
  } catch {
    return undefined;
  }
}

/** Replaced in one step, so that a reader meets the old or the new state. */
export function writeState(state: State): void {
  const file = files(clusterFolder(state.options.name)).state;
  writeFileSync(`${file}.new`, `${JSON.stringify(state, null, 2)}\n`);
  renameSync(`${file}.new`, file);
}

export function makeFolder(name: string): string {
  const directory = clusterFolder(name);
  for (const part of ["certificates", "logs", "config"]) {
    mkdirSync(join(directory, part), { recursive: true });
  }
  return directory;
}

export function removeFolder(name: string): void {
  // A process that is being killed at this moment may still put a last file there.
  rmSync(clusterFolder(name), { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}

/** The names of all clusters that have a folder, sorted. */
export function clusterNames(): string[] {
  try {
    const entries = readdirSync(clustersFolder(), { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
      .sort();
  } catch {
    return [];
  }
}
