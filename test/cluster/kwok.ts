/** A played node: kwok gives it heartbeats, and makes its pods Ready without running them. */

import { fileURLToPath } from "node:url";
import { configFile, type Layout, serverUrl } from "./controlplane.ts";
import { run } from "./run.ts";
import { files } from "./state.ts";
import type { Component } from "./supervisor.ts";

export const KWOK_NODE = "kwok-0";

const STAGES = fileURLToPath(new URL("kwok-stages.yaml", import.meta.url));

export function kwokNode(layout: Layout, port: number): Component {
  return {
    name: "kwok",
    waitFor: [`${serverUrl(layout)}/readyz`],
    args: [
      ...[layout.kube, "kwok", "--kubeconfig", configFile(layout, "admin"), "--manage-all-nodes=true"],
      ...["--server-address", `127.0.0.1:${port}`, "--node-lease-duration-seconds", "40"],
      ...["--config", STAGES],
    ],
  };
}

export async function createKwokNode(directory: string): Promise<void> {
  const resources = { cpu: "32", memory: "256Gi", pods: "1000" };
  const node = {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: KWOK_NODE, labels: { "kubernetes.io/hostname": KWOK_NODE, type: "kwok" } },
    status: { allocatable: resources, capacity: resources },
  };
  const { kubectl, kubeconfig } = files(directory);
  await run(kubectl, ["--kubeconfig", kubeconfig, "apply", "-f", "-"], { input: JSON.stringify(node) });
}
