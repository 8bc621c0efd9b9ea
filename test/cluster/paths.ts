/** Where things lie on the user's machine. Read anew each time: tests set the variables. */

import { homedir } from "node:os";
import { join } from "node:path";

/** What can be made again: the built binary, a fetched Go toolchain. */
export function cacheFolder(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "kubenova");
}

/** One folder a cluster, named as the cluster is. */
export function clustersFolder(): string {
  return join(process.env.XDG_STATE_HOME || join(homedir(), ".local", "state"), "kubenova", "clusters");
}

export function clusterFolder(name: string): string {
  return join(clustersFolder(), name);
}
