/** What a cluster will consist of: decided, and written down, before anything runs. */

import { randomBytes } from "node:crypto";
import { dirname } from "node:path";
import type { Binaries } from "./binary.ts";
import { controlPlane, type Layout, serverUrl } from "./controlplane.ts";
import { kwokNode } from "./kwok.ts";
import { claimBlock } from "./network.ts";
import { realNode } from "./node.ts";
import type { Options } from "./options.ts";
import { freePorts } from "./ports.ts";
import { hasRegistry, registry, trustRegistry } from "./registry.ts";
import { files, type State, writeState } from "./state.ts";
import type { Component, Namespace } from "./supervisor.ts";

export type Plan = {
  layout: Layout;
  state: State;
  /** Made only after the certificates: some components' settings name them. */
  components: () => Component[];
  namespace?: Namespace;
};

/** A machine of its own for the cluster: nothing but the link, routes and a control group is outside. */
export async function planRealNode(options: Options, binaries: Binaries, directory: string): Promise<Plan> {
  const block = await claimBlock(directory);
  const cgroup = `kubenova-${options.name}-${randomBytes(3).toString("hex")}`;
  const layout: Layout = {
    ...{ directory, kube: binaries.kube, options, address: block.nodeIP, services: block.services },
    ports: { api: 6443, etcd: 2379, etcdPeer: 2380, controllers: 10257, scheduler: 10259 },
  };
  const registryHost = hasRegistry() ? `${block.nodeIP}:5000` : undefined;
  const { gateway, nodeIP } = block;
  const state: State = { ...describe(layout, gateway, registryHost), nodeIP, block, cgroup };
  // At once: from here on `down` knows what to clear.
  writeState(state);
  const components = () => {
    if (registryHost) trustRegistry(directory, registryHost);
    const images = registryHost ? [registry(directory, registryHost)] : [];
    return [...controlPlane(layout), ...realNode(layout, block, cgroup), ...images];
  };
  const keep = [directory, dirname(binaries.kube)];
  return { layout, state, components, namespace: { block, hostname: options.name, cgroup, keep } };
}

/** Processes of the caller on free ports of 127.0.0.1. */
export async function planPlain(options: Options, binaries: Binaries, directory: string): Promise<Plan> {
  const ports = (await freePorts(7)) as [number, number, number, number, number, number, number];
  const [api, etcd, etcdPeer, controllers, scheduler, images, kwok] = ports;
  const layout: Layout = {
    ...{ directory, kube: binaries.kube, options, address: "127.0.0.1", services: "10.96.0.0/16" },
    ports: { api, etcd, etcdPeer, controllers, scheduler },
  };
  const registryHost = hasRegistry() ? `127.0.0.1:${images}` : undefined;
  const state = describe(layout, "127.0.0.1", registryHost);
  writeState(state);
  const components = () => [
    ...controlPlane(layout),
    ...(options.node === "kwok" ? [kwokNode(layout, kwok)] : []),
    ...(registryHost ? [registry(directory, registryHost)] : []),
  ];
  return { layout, state, components };
}

function describe(layout: Layout, gateway: string, registryHost: string | undefined): State {
  const auditLog = layout.options.audit ? files(layout.directory).auditLog : undefined;
  return { options: layout.options, server: serverUrl(layout), gateway, registry: registryHost, auditLog };
}
