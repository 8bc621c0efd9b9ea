/** The programs of a real node: containerd, kubelet, kube-proxy, cluster DNS and the image registry. */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { configFile, gates, type Layout, serverUrl } from "./controlplane.ts";
import { corefile } from "./dns.ts";
import type { Block } from "./network.ts";
import { registriesFolder } from "./registry.ts";
import type { Component } from "./supervisor.ts";

/** Within the node's own mounts; `socketOf` in containerd.ts reaches it from outside. */
export const CONTAINERD_SOCKET = "/run/containerd/containerd.sock";
export const PAUSE_IMAGE = "docker.io/kubenova/pause:1";
/** Debian's place of the CNI programs. */
export const CNI_PROGRAMS = "/usr/lib/cni";

export function realNode(layout: Layout, block: Block, cgroup: string): Component[] {
  const ready = `${serverUrl(layout)}/readyz`;
  const { kube } = layout;
  return [
    { name: "containerd", args: ["/usr/bin/containerd", "-c", containerdConfig(layout, block)] },
    {
      name: "kubelet",
      waitFor: [ready, `unix:${CONTAINERD_SOCKET}`],
      args: [
        ...[kube, "kubelet", "--config", kubeletConfig(layout, block, cgroup)],
        ...["--kubeconfig", configFile(layout, "kubelet"), "--node-ip", block.nodeIP],
        ...["--hostname-override", layout.options.name, ...gates(layout.options)],
      ],
    },
    {
      name: "kube-proxy",
      waitFor: [ready],
      args: [
        ...[kube, "kube-proxy", "--kubeconfig", configFile(layout, "proxy"), "--proxy-mode", "nftables"],
        ...["--cluster-cidr", block.pods, "--hostname-override", layout.options.name],
        // The limit is the whole machine's; it stays as it is.
        ...["--conntrack-max-per-core", "0"],
      ],
    },
    {
      name: "coredns",
      waitFor: [ready],
      args: [kube, "coredns", "-conf", corefile(layout, block)],
    },
  ];
}

function kubeletConfig(layout: Layout, block: Block, cgroup: string): string {
  const file = configFile(layout, "kubelet.json");
  const ca = join(layout.directory, "certificates", "ca.crt");
  const config = {
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    containerRuntimeEndpoint: `unix://${CONTAINERD_SOCKET}`,
    clusterDNS: [block.nodeIP],
    clusterDomain: "cluster.local",
    resolvConf: configFile(layout, "resolv.conf"),
    authentication: { anonymous: { enabled: false }, webhook: { enabled: true }, x509: { clientCAFile: ca } },
    authorization: { mode: "Webhook" },
    cgroupDriver: "cgroupfs",
    cgroupRoot: `/${cgroup}`,
    enforceNodeAllocatable: [],
    // Many machines that tests run on have cgroup v1, or swap, or little free disk.
    failCgroupV1: false,
    failSwapOn: false,
    evictionHard: {},
    imageGCHighThresholdPercent: 100,
    // Otherwise an image that was pulled under one name and imported under another may not be used.
    imagePullCredentialsVerificationPolicy: "NeverVerify",
  };
  writeFileSync(file, JSON.stringify(config, null, 2));
  return file;
}

function containerdConfig(layout: Layout, block: Block): string {
  const file = configFile(layout, "containerd.toml");
  writeFileSync(
    file,
    `version = 2
[plugins."io.containerd.grpc.v1.cri"]
  # Not every machine lets oom scores be lowered; without this no sandbox starts there.
  restrict_oom_score_adj = true
  sandbox_image = "${PAUSE_IMAGE}"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${CNI_PROGRAMS}"
    conf_dir = "${cniFolder(layout, block)}"
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "${registriesFolder(layout.directory)}"
`,
  );
  return file;
}

/**
 * Every pod has a link of its own to the node (ptp, not a bridge): so a pod's answer to another pod on
 * the same node passes the node's address translation, and Service addresses work between them.
 */
function cniFolder(layout: Layout, block: Block): string {
  const folder = configFile(layout, "cni");
  mkdirSync(folder, { recursive: true });
  const ipam = { type: "host-local", ranges: [[{ subnet: block.pods }]], routes: [{ dst: "0.0.0.0/0" }] };
  const plugins = [
    { type: "ptp", ipMasq: false, ipam },
    { type: "portmap", capabilities: { portMappings: true } },
  ];
  const list = { cniVersion: "0.4.0", name: "pods", plugins };
  writeFileSync(join(folder, "10-pods.conflist"), JSON.stringify(list));
  return folder;
}
