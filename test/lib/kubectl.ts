import type { Cluster } from "../cluster/index.ts";
import { attempt, type Finished, type RunOptions, run } from "../cluster/run.ts";

/** kubectl on one cluster, as its administrator or as whom another kubeconfig names. */
export interface Kubectl {
  /** @returns what it printed; rejects with its words where it fails */
  run(...args: string[]): Promise<string>;
  /** Its end, whichever it is, with this on its standard input. */
  attempt(args: string[], input?: string): Promise<Finished>;
  /** Applies manifests, as text or as objects, on the server. @returns a line for each */
  apply(manifests: string | object[], ...flags: string[]): Promise<string>;
  json<T>(...args: string[]): Promise<T>;
  exists(kind: string, name: string, namespace?: string): Promise<boolean>;
  /** `Kind/name` → UID of what stands in a namespace: what a re-created object would change. */
  uids(namespace: string): Promise<Record<string, string>>;
}

type Reach = Pick<Cluster, "kubectl" | "kubeconfig">;

const WATCHED_KINDS = "configmaps,deployments,services,serviceaccounts,pods";

export function kubectl(cluster: Reach, kubeconfig = cluster.kubeconfig): Kubectl {
  const at = (args: string[]) => ["--kubeconfig", kubeconfig, ...args];
  const call = (args: string[], options?: RunOptions) => run(cluster.kubectl, at(args), options);
  const json = async <T>(...args: string[]): Promise<T> =>
    JSON.parse(await call([...args, "-o", "json"])) as T;
  return {
    run: (...args) => call(args),
    attempt: (args, input = "") => attempt(cluster.kubectl, at(args), { input }),
    apply: (manifests, ...flags) =>
      call(["apply", "--server-side", ...flags, "-f", "-"], { input: textOf(manifests) }),
    json,
    async exists(kind, name, namespace) {
      const where = namespace ? ["-n", namespace] : [];
      return (await call(["get", kind, name, ...where, "--ignore-not-found", "-o", "name"])).trim() !== "";
    },
    async uids(namespace) {
      const { items } = await json<{ items: { kind: string; metadata: { name: string; uid: string } }[] }>(
        ...["get", WATCHED_KINDS, "-n", namespace],
      );
      return Object.fromEntries(
        items.map(({ kind, metadata }) => [`${kind}/${metadata.name}`, metadata.uid]),
      );
    },
  };
}

const textOf = (manifests: string | object[]): string =>
  typeof manifests === "string"
    ? manifests
    : JSON.stringify({ apiVersion: "v1", kind: "List", items: manifests });
