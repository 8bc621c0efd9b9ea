/** The local image registry: Debian's docker-registry, one a cluster, without authentication. */

import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "../lib/until.ts";
import type { Component } from "./supervisor.ts";

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
  await until(`registry ${host}`, async () => (await fetch(`http://${host}/v2/`)).ok, { deadlineMs: 30_000 });
}

/** containerd reads, at each pull, how to speak to a registry from a folder of the registry's name here. */
export const registriesFolder = (directory: string) => join(directory, "config", "registries");

/** Lets this cluster's node pull from HOST:PORT by plain HTTP. */
export function trustRegistry(directory: string, host: string): void {
  const folder = join(registriesFolder(directory), host);
  mkdirSync(folder, { recursive: true });
  const toml = `server = "http://${host}"\n[host."http://${host}"]\n  capabilities = ["pull", "resolve"]\n`;
  writeFileSync(join(folder, "hosts.toml"), toml);
}
