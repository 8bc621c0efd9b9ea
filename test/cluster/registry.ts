/** The local image registry: Debian's docker-registry, one a cluster, without authentication. */

import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Component } from "./supervisor.ts";
import { waitFor } from "./wait.ts";

const PROGRAM = "/usr/bin/docker-registry";

export const hasRegistry = () => existsSync(PROGRAM);

/** Listens at HOST:PORT and keeps its images in the cluster's state folder. */
export function registry(directory: string, host: string): Component {
  const file = join(directory, "config", "registry.json");
  const config = {
    version: 0.1,
    log: { level: "warn", accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(directory, "registry") }, delete: { enabled: true } },
    http: { addr: host },
  };
  writeFileSync(file, JSON.stringify(config, null, 2));
  return { name: "docker-registry", args: [PROGRAM, "serve", file] };
}

export async function awaitRegistry(host: string): Promise<void> {
  await waitFor(`registry ${host}`, async () => (await fetch(`http://${host}/v2/`)).ok, { seconds: 30 });
}
