import { type Kube, type KubeOptions, loadKube } from "../../agent/kube/index.ts";
import { until } from "../lib/until.ts";
import { sharedApiServer } from "./api-server.ts";

/** A client of the shared API server and a namespace of one test file. */
export interface Fixture {
  kube: Kube;
  namespace: string;
  kubeconfig: string;
  /** Another client of the same server. */
  another(options: KubeOptions): Promise<Kube>;
  close(): Promise<void>;
}

export async function kubeFixture(namespace: string): Promise<Fixture> {
  const kubeconfig = await sharedApiServer();
  const kube = await loadKube({ kubeconfig });
  await ensureNamespace(kube, namespace);
  return {
    kube,
    namespace,
    kubeconfig,
    another: (options) => loadKube({ kubeconfig, ...options }),
    async close() {
      await kube.delete({ apiVersion: "v1", kind: "Namespace", name: namespace });
      kube.close();
    },
  };
}

/** The namespace, once one of its name that an earlier test file is rid of has gone. */
export async function ensureNamespace(kube: Kube, name: string): Promise<void> {
  const isUsable = async () => {
    const found = await kube.get({ apiVersion: "v1", kind: "Namespace", name }).catch(() => undefined);
    return found?.metadata.deletionTimestamp === undefined;
  };
  await until(`the namespace ${name} of an earlier run is gone`, isUsable, { deadlineMs: 120_000 });
  await kube.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
}

export function configMap(namespace: string, name: string, data: Record<string, string> = { a: "1" }) {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace }, data };
}

/** A namespaced kind of group `client.test` with a status subresource, an enum and a default. */
export function crd(plural: string, kind: string) {
  const size = { type: "string", enum: ["s", "l"], default: "s" };
  const properties = {
    spec: { type: "object", properties: { size, any: { "x-kubernetes-int-or-string": true } } },
    status: { type: "object", properties: { phase: { type: "string" } } },
  };
  const schema = { openAPIV3Schema: { type: "object", properties } };
  const version = { name: "v1", served: true, storage: true, subresources: { status: {} }, schema };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.client.test` },
    spec: { group: "client.test", names: { kind, plural }, scope: "Namespaced", versions: [version] },
  };
}
