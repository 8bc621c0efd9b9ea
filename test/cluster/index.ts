/**
 * A real Kubernetes for tests and demos.
 *
 *     const cluster = await up({ name: "demo", node: "real" });
 *     // … cluster.kubeconfig, cluster.kubectl, cluster.server
 *     await cluster.down();
 */

import { choose } from "./choose.ts";
import type { Cluster } from "./cluster.ts";
import { upExisting } from "./existing.ts";
import { downKind, kindNames, upKind } from "./kind.ts";
import { downLocal, isHealthy, upLocal } from "./local.ts";
import { type NodeType, normalize, type UpOptions, validName } from "./options.ts";
import { clusterFolder } from "./paths.ts";
import { clusterNames, files, readState, type State } from "./state.ts";

export { ensureBinaries } from "./binary.ts";
export type { Cluster } from "./cluster.ts";
export { UsageError } from "./errors.ts";
export { buildGoImage, buildImage, importImage, pushImage } from "./images.ts";
export type { AuditWebhook, NodeType, UpOptions } from "./options.ts";

/**
 * Brings a cluster up, or answers the healthy one of this name and these options.
 * Throws UsageError for what cannot be asked; an Error with the programs' last words where it fails.
 */
export async function up(asked: UpOptions): Promise<Cluster> {
  const options = normalize(asked);
  const provider = readState(options.name) ? "local" : await choose(options);
  if (provider === "kubeconfig") return upExisting(options);
  if (provider === "kind") return upKind(options);
  return handle(await upLocal(options));
}

/** Ends a cluster of this name, whoever started it. None of that name is fine. */
export async function down(name: string): Promise<void> {
  await downKind(validName(name));
  await downLocal(name);
}

export type Listed = { name: string; node: NodeType; server: string; healthy: boolean };

/** The clusters of this user on this machine, those that died included. */
export async function list(): Promise<Listed[]> {
  const inKind = kindNames().map((name): Listed => ({ name, node: "real", server: "kind", healthy: true }));
  const local = clusterNames().map(async (name): Promise<Listed> => {
    const state = readState(name);
    if (!state) return { name, node: "none", server: "", healthy: false };
    return { name, node: state.options.node, server: state.server, healthy: await isHealthy(state) };
  });
  return [...(await Promise.all(local)), ...inKind];
}

/** The running cluster of this name; throws where there is none. */
export async function find(name: string): Promise<Cluster> {
  const state = readState(validName(name));
  if (!state && kindNames().includes(name)) return upKind(normalize({ name }));
  if (!state) throw new Error(`there is no cluster ${name}: npm run cluster -- up ${name}`);
  return handle(state);
}

function handle(state: State): Cluster {
  const { name, node } = state.options;
  const { kubeconfig, kubectl, helm } = files(clusterFolder(name));
  const { server, gateway, nodeIP, registry, auditLog } = state;
  return {
    ...{ name, node, kubeconfig, server, kubectl, helm, nodeIP, gateway, registry, auditLog },
    logs: `${clusterFolder(name)}/logs`,
    down: () => downLocal(name),
  };
}
