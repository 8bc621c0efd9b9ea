import { clusterOf, isForeign } from "../../domain/desired/owner.ts";
import { LABEL } from "../../domain/names/labels.ts";
import { type Clock, createReflector, type Kube } from "../kube/index.ts";

/** Which namespaces were made for a cluster's id, and for which. */
export interface Namespaces {
  readonly synced: Promise<void>;
  /** The id that a namespace was made for, where that is not ours: nothing of ours may be put into it. */
  foreign(name: string): string | undefined;
  stop(): Promise<void>;
}

export interface NamespacesOptions {
  kube: Kube;
  clock: Clock;
  clusterId: string | undefined;
  onChanged: (name: string) => void;
  onError: (error: unknown) => void;
}

interface Marked {
  name: string;
  cluster: string | undefined;
}

export function watchNamespaces({
  kube,
  clock,
  clusterId,
  onChanged,
  onError,
}: NamespacesOptions): Namespaces {
  const owners = new Map<string, string>();
  const take = ({ name, cluster }: Marked) => {
    if (cluster === owners.get(name)) return;
    if (cluster === undefined) owners.delete(name);
    else owners.set(name, cluster);
    onChanged(name);
  };
  const reflector = createReflector<Marked>(kube, {
    type: { apiVersion: "v1", kind: "Namespace" },
    labelSelector: LABEL.cluster,
    transform: ({ metadata }) => ({ name: metadata.name, cluster: clusterOf(metadata.labels) }),
    clock,
    onError,
  });
  reflector.on({ added: take, updated: take, deleted: ({ name }) => take({ name, cluster: undefined }) });
  return {
    synced: reflector.synced,
    foreign(name) {
      const owner = owners.get(name);
      return isForeign(owner, clusterId) ? owner : undefined;
    },
    stop: () => reflector.stop(),
  };
}
