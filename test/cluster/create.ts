/** Making a cluster, from its plan to a node that is Ready. */

import { symlinkSync } from "node:fs";
import { until } from "../lib/until.ts";
import { get, isNodeReady } from "./api.ts";
import { ensureBinaries } from "./binary.ts";
import { makeCertificates, serverHosts, writeKubeconfig } from "./certificates.ts";
import { awaitContainerd, importTar } from "./containerd.ts";
import { configFile, type Layout } from "./controlplane.ts";
import { createKwokNode, KWOK_NODE } from "./kwok.ts";
import { connect } from "./network.ts";
import { PAUSE_IMAGE } from "./node.ts";
import { makeImage, writeImage } from "./oci/image.ts";
import { programLayer } from "./oci/layers.ts";
import type { Options } from "./options.ts";
import { type Plan, planPlain, planRealNode } from "./plan.ts";
import { isAlive } from "./processes.ts";
import { awaitRegistry } from "./registry.ts";
import { files, makeFolder, type State, writeState } from "./state.ts";
import { startSupervisor } from "./supervisor.ts";

const SERVER_DEADLINE_MS = 90_000;
const NODE_DEADLINE_MS = 120_000;

/** Makes a cluster that must not exist yet. On failure what was made stays, for `down` to clear. */
export async function create(options: Options): Promise<State> {
  const binaries = await ensureBinaries();
  const directory = makeFolder(options.name);
  for (const name of ["kubectl", "helm"] as const) symlinkSync(binaries[name], files(directory)[name]);
  const planned = options.node === "real" ? planRealNode : planPlain;
  const plan = await planned(options, binaries, directory);
  await writeCredentials(plan);
  const { state } = plan;
  state.supervisor = await startSupervisor(binaries.kube, directory, plan.components(), plan.namespace);
  writeState(state);
  await connectNode(state, plan.layout, binaries.pause);
  await awaitServer(state, directory);
  if (options.node === "kwok") await createKwokNode(directory);
  await awaitNode(state, directory);
  if (state.registry) await awaitRegistry(state.registry);
  return state;
}

/** Certificates, a kubeconfig for each program, and the one that people use. */
async function writeCredentials({ layout, state }: Plan): Promise<void> {
  const { directory, options, address, services, kube } = layout;
  await makeCertificates(kube, directory, options.name, serverHosts(services, [address, state.gateway]));
  const { server } = state;
  const write = (file: string, client: string) =>
    writeKubeconfig(file, directory, { cluster: options.name, server, client });
  for (const client of ["admin", "controller-manager", "scheduler", "kubelet", "proxy"]) {
    write(configFile(layout, client), client);
  }
  write(files(directory).kubeconfig, "admin");
}

/** Links the node to this machine, and gives it the one image it needs to start any pod. */
async function connectNode(state: State, layout: Layout, pause: string): Promise<void> {
  if (!state.block || !state.supervisor) return;
  await connect(state.block, state.supervisor.pid);
  await awaitContainerd(state);
  const tar = configFile(layout, "pause.tar");
  const image = makeImage([programLayer("pause", pause)], { Entrypoint: ["/pause"] });
  writeImage(tar, image, PAUSE_IMAGE);
  await importTar(state, tar);
}

/** Ready, and with the account that every pod needs. */
async function awaitServer(state: State, directory: string): Promise<void> {
  const account = "/api/v1/namespaces/default/serviceaccounts/default";
  const ask = async (path: string) => {
    if (!state.supervisor || !isAlive(state.supervisor)) throw new Error("the cluster's processes ended");
    return (await get(directory, state.server, path)) !== "";
  };
  await until("the API server", () => ask("/readyz"), { deadlineMs: SERVER_DEADLINE_MS });
  await until("the controller manager", () => ask(account), { deadlineMs: SERVER_DEADLINE_MS });
}

async function awaitNode({ server, options }: State, directory: string): Promise<void> {
  if (options.node === "none") return;
  const node = options.node === "kwok" ? KWOK_NODE : options.name;
  await until(`node ${node}`, () => isNodeReady(directory, server, node), { deadlineMs: NODE_DEADLINE_MS });
}
