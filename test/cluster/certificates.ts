/** The key pairs of a cluster and the kubeconfig files made from them. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./run.ts";

export type CertificateRequest = {
  name: string;
  issuer?: string;
  commonName: string;
  organizations?: string[];
  hosts?: string[];
};

/** Who speaks to the API server, under the names that Kubernetes' own roles are bound to. */
const clients = (node: string): CertificateRequest[] => [
  { name: "admin", commonName: "admin", organizations: ["system:masters"] },
  { name: "apiserver-kubelet", commonName: "kube-apiserver", organizations: ["system:masters"] },
  { name: "controller-manager", commonName: "system:kube-controller-manager" },
  { name: "scheduler", commonName: "system:kube-scheduler" },
  { name: "proxy", commonName: "system:kube-proxy" },
  { name: "kubelet", commonName: `system:node:${node}`, organizations: ["system:nodes"] },
];

/** Makes all of a cluster's certificates in DIRECTORY/certificates. */
export async function makeCertificates(
  kube: string,
  directory: string,
  node: string,
  hosts: string[],
): Promise<void> {
  const requests: CertificateRequest[] = [
    { name: "ca", commonName: "kubernetes" },
    { name: "front-proxy-ca", commonName: "front-proxy" },
    { name: "front-proxy", issuer: "front-proxy-ca", commonName: "front-proxy" },
    { name: "apiserver", issuer: "ca", commonName: "kube-apiserver", hosts },
    ...clients(node).map((client) => ({ ...client, issuer: "ca" })),
  ];
  const folder = join(directory, "certificates");
  await run(kube, ["certificates", folder], { input: JSON.stringify(requests) });
}

/** The names and addresses that the API server is called by. */
export function serverHosts(services: string, addresses: string[]): string[] {
  const first = services.replace(/\.0\/\d+$/, ".1");
  const short = ["kubernetes", "kubernetes.default", "kubernetes.default.svc"];
  return ["127.0.0.1", "localhost", first, ...addresses, ...short, "kubernetes.default.svc.cluster.local"];
}

/** Writes a kubeconfig that holds everything, so that it can be copied elsewhere. */
export function writeKubeconfig(
  file: string,
  directory: string,
  options: { cluster: string; server: string; client: string },
): void {
  const data = (name: string) => readFileSync(join(directory, "certificates", name)).toString("base64");
  const { cluster, server, client } = options;
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: cluster, cluster: { server, "certificate-authority-data": data("ca.crt") } }],
    users: [
      {
        name: client,
        user: {
          "client-certificate-data": data(`${client}.crt`),
          "client-key-data": data(`${client}.key`),
        },
      },
    ],
    contexts: [{ name: cluster, context: { cluster, user: client } }],
    "current-context": cluster,
  };
  // JSON is YAML; every reader of kubeconfig files takes it.
  writeFileSync(file, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 });
}
