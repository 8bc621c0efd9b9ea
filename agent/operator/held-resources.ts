import { clusterOf, isForeign } from "../../domain/desired/owner.ts";
import { isNewer } from "../engine/model.ts";
import { objectKey } from "../kube/index.ts";
import type { Resource } from "./resources.ts";

/** The resources of this control plane as they were newest seen: by a watch, or in the answer to a write. */
export interface HeldResources {
  get(key: string): Resource | undefined;
  all(): Resource[];
  keysWhere(holds: (resource: Resource) => boolean): string[];
  observed(resource: Resource): void;
  gone(resource: Resource): void;
}

export interface HeldResourcesOptions {
  /** Id of the cluster that the agent speaks for: another one's resources are none of ours. */
  clusterId: string | undefined;
  onChanged: (key: string) => void;
  /** It is not held any more. */
  onGone: (resource: Resource) => void;
}

export const resourceKey = (resource: Resource): string => `${resource.kind}/${objectKey(resource)}`;

export function createHeldResources({ clusterId, onChanged, onGone }: HeldResourcesOptions): HeldResources {
  const held = new Map<string, Resource>();
  const gone = (resource: Resource) => {
    const key = resourceKey(resource);
    if (held.get(key)?.metadata.uid !== resource.metadata.uid) return;
    held.delete(key);
    onGone(resource);
  };
  return {
    get: (key) => held.get(key),
    all: () => [...held.values()],
    keysWhere: (holds) => [...held].flatMap(([key, one]) => (holds(one) ? [key] : [])),
    observed(resource) {
      const key = resourceKey(resource);
      const former = held.get(key);
      if (isForeign(clusterOf(resource.metadata.labels), clusterId)) return gone(resource);
      if (former && !isNewer(resource.metadata.resourceVersion, former.metadata.resourceVersion)) return;
      held.set(key, resource);
      onChanged(key);
    },
    gone,
  };
}
