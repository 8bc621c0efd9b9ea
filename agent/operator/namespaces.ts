import { clusterOf, isForeign } from "../../domain/desired/owner.ts";
import { LABEL } from "../../domain/names/labels.ts";
import { type Clock, createReflector, type Kube } from "../kube/index.ts";

/** Labels that a namespace hands down to what is made in it (decisions.md 19). */
const HANDED_DOWN = [LABEL.tenant, LABEL.project, LABEL.environment, LABEL.cluster] as const;

/** Which namespaces were made for a cluster's id, for which, and for whom. */
export interface Namespaces {
  readonly synced: Promise<void>;
  /** The id that a namespace was made for, where that is not ours: nothing of ours may be put into it. */
  foreign(name: string): string | undefined;
  /** Tenant, project, environment and cluster of a namespace that a project made; empty for others. */
  labels(name: string): Readonly<Record<string, string>>;
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
  labels: Readonly<Record<string, string>>;
}

const NONE: Readonly<Record<string, string>> = {};

export function watchNamespaces({
  kube,
  clock,
  clusterId,
  onChanged,
  onError,
}: NamespacesOptions): Namespaces {
  const marked = new Map<string, Marked["labels"]>();
  const take = ({ name, labels }: Marked) => {
    if (isSame(labels, marked.get(name) ?? NONE)) return;
    if (labels === NONE) marked.delete(name);
    else marked.set(name, labels);
    onChanged(name);
  };
  const reflector = createReflector<Marked>(kube, {
    type: { apiVersion: "v1", kind: "Namespace" },
    labelSelector: LABEL.cluster,
    transform: ({ metadata }) => ({ name: metadata.name, labels: handedDown(metadata.labels) }),
    clock,
    onError,
  });
  reflector.on({ added: take, updated: take, deleted: ({ name }) => take({ name, labels: NONE }) });
  return {
    synced: reflector.synced,
    foreign(name) {
      const owner = clusterOf(marked.get(name));
      return isForeign(owner, clusterId) ? owner : undefined;
    },
    labels: (name) => marked.get(name) ?? NONE,
    stop: () => reflector.stop(),
  };
}

const handedDown = (labels: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> =>
  Object.fromEntries(
    HANDED_DOWN.flatMap((name) => (labels[name] === undefined ? [] : [[name, labels[name]]])),
  );

const isSame = (a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean =>
  HANDED_DOWN.every((name) => a[name] === b[name]);
