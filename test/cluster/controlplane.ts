/** The flags of the control plane's programs. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type AuditWebhook, formatSwitches, type Options } from "./options.ts";
import type { Component } from "./supervisor.ts";

/** Where the programs of one cluster listen and lie. */
export type Layout = {
  directory: string;
  kube: string;
  options: Options;
  /** The address of the API server, in its certificate and in every kubeconfig. */
  address: string;
  services: string;
  ports: { api: number; etcd: number; etcdPeer: number; controllers: number; scheduler: number };
};

export const serverUrl = (layout: Layout) => `https://${layout.address}:${layout.ports.api}`;
export const configFile = (layout: Layout, name: string) => join(layout.directory, "config", name);
const certificate = (layout: Layout, name: string) => join(layout.directory, "certificates", name);

export function controlPlane(layout: Layout): Component[] {
  return [etcd(layout), apiServer(layout), controllerManager(layout), scheduler(layout)];
}

function etcd({ kube, directory, ports }: Layout): Component {
  const client = `http://127.0.0.1:${ports.etcd}`;
  const peer = `http://127.0.0.1:${ports.etcdPeer}`;
  return {
    name: "etcd",
    args: [
      ...[kube, "etcd", "--data-dir", join(directory, "etcd"), "--log-level", "warn"],
      ...["--listen-client-urls", client, "--advertise-client-urls", client],
      ...["--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer],
      ...["--initial-cluster", `default=${peer}`],
      // The data is thrown away with the cluster: a power cut may have it.
      "--unsafe-no-fsync",
    ],
  };
}

function apiServer(layout: Layout): Component {
  const { kube, ports, address, options, services } = layout;
  const file = (name: string) => certificate(layout, name);
  return {
    name: "kube-apiserver",
    args: [
      ...[kube, "kube-apiserver", "--etcd-servers", `http://127.0.0.1:${ports.etcd}`],
      ...["--bind-address", address === "127.0.0.1" ? address : "0.0.0.0", "--secure-port", `${ports.api}`],
      ...["--advertise-address", address, "--service-cluster-ip-range", services],
      ...["--tls-cert-file", file("apiserver.crt"), "--tls-private-key-file", file("apiserver.key")],
      ...["--client-ca-file", file("ca.crt"), "--authorization-mode", "Node,RBAC", "--allow-privileged"],
      ...["--enable-admission-plugins", "NodeRestriction"],
      ...["--service-account-issuer", "https://kubernetes.default.svc.cluster.local"],
      ...["--service-account-key-file", file("sa.pub"), "--service-account-signing-key-file", file("sa.key")],
      ...["--kubelet-client-certificate", file("apiserver-kubelet.crt")],
      ...["--kubelet-client-key", file("apiserver-kubelet.key")],
      // Otherwise the node's name is looked up, which no DNS server of the machine knows.
      ...["--kubelet-preferred-address-types", "InternalIP"],
      ...["--requestheader-client-ca-file", file("front-proxy-ca.crt")],
      ...["--requestheader-allowed-names", "front-proxy"],
      ...["--requestheader-username-headers", "X-Remote-User"],
      ...["--requestheader-group-headers", "X-Remote-Group"],
      ...["--requestheader-extra-headers-prefix", "X-Remote-Extra-"],
      ...["--proxy-client-cert-file", file("front-proxy.crt")],
      ...["--proxy-client-key-file", file("front-proxy.key")],
      // A loopback address may not become an endpoint, and without a real node nobody would use it.
      ...(options.node === "real" ? [] : ["--endpoint-reconciler-type", "none"]),
      ...gates(options),
      ...switches("--runtime-config", options.runtimeConfig),
      ...(options.audit ? audit(layout) : []),
      ...(options.auditWebhook ? auditWebhook(layout, options.auditWebhook) : []),
    ],
  };
}

function controllerManager(layout: Layout): Component {
  const { kube, ports, options } = layout;
  const file = (name: string) => certificate(layout, name);
  return {
    name: "kube-controller-manager",
    waitFor: [`${serverUrl(layout)}/readyz`],
    args: [
      ...[kube, "kube-controller-manager", "--kubeconfig", configFile(layout, "controller-manager")],
      ...["--bind-address", "127.0.0.1", "--secure-port", `${ports.controllers}`, "--leader-elect=false"],
      ...["--use-service-account-credentials", "--service-account-private-key-file", file("sa.key")],
      ...["--root-ca-file", file("ca.crt")],
      ...["--cluster-signing-cert-file", file("ca.crt"), "--cluster-signing-key-file", file("ca.key")],
      ...gates(options),
    ],
  };
}

function scheduler(layout: Layout): Component {
  const { kube, ports, options } = layout;
  return {
    name: "kube-scheduler",
    waitFor: [`${serverUrl(layout)}/readyz`],
    args: [
      ...[kube, "kube-scheduler", "--kubeconfig", configFile(layout, "scheduler"), "--leader-elect=false"],
      ...["--bind-address", "127.0.0.1", "--secure-port", `${ports.scheduler}`],
      ...gates(options),
    ],
  };
}

export const gates = (options: Options) => switches("--feature-gates", options.featureGates);

function switches(flag: string, values: Record<string, boolean>): string[] {
  return Object.keys(values).length === 0 ? [] : [flag, formatSwitches(values)];
}

/** Each request once, when it was answered, with who asked for what and its auditID; no bodies. */
function audit(layout: Layout): string[] {
  const policy = {
    apiVersion: "audit.k8s.io/v1",
    kind: "Policy",
    omitStages: ["RequestReceived"],
    rules: [{ level: "Metadata" }],
  };
  const file = configFile(layout, "audit-policy.json");
  writeFileSync(file, JSON.stringify(policy));
  return ["--audit-policy-file", file, "--audit-log-path", join(layout.directory, "logs", "audit.log")];
}

/** The flags of docs/audit-kubernetes.md, with less patience than a real cluster has. */
function auditWebhook(layout: Layout, { server, caFile, token, policy }: AuditWebhook): string[] {
  const name = "kubenova";
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name, cluster: { server, "certificate-authority": caFile } }],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    "current-context": name,
  };
  const files = {
    policy: configFile(layout, "audit-webhook-policy.yaml"),
    config: configFile(layout, "audit-webhook.json"),
  };
  writeFileSync(files.policy, policy);
  writeFileSync(files.config, JSON.stringify(config), { mode: 0o600 });
  return [
    ...["--audit-policy-file", files.policy, "--audit-webhook-config-file", files.config],
    ...["--audit-webhook-batch-max-wait", "1s", "--audit-webhook-initial-backoff", "2s"],
  ];
}
