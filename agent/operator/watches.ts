import { API_VERSION } from "../../domain/desired/index.ts";
import { type Clock, createReflector, type Kube } from "../kube/index.ts";
import { errorText, type Logger } from "../log.ts";
import { type Appliers, watchAppliers } from "./appliers.ts";
import type { HeldResources } from "./held-resources.ts";
import { type Namespaces, watchNamespaces } from "./namespaces.ts";
import { KINDS, type Resource, type ResourceKind, withoutManagedFields } from "./resources.ts";

export interface WatchesOptions {
  kube: Kube;
  clock: Clock;
  log: Logger;
  clusterId: string | undefined;
  /** Kept as the API server has them. */
  resources: Pick<HeldResources, "observed" | "gone">;
  /** Its marks, or its applier. */
  onNamespaceChanged: (name: string) => void;
}

/** What the controllers follow beside the graphs: their resources, and the namespaces these are in. */
export interface Watches {
  namespaces: Namespaces;
  appliers: Appliers;
  /** Everything was listed once. */
  readonly synced: Promise<unknown>;
  stop(): Promise<unknown>;
}

export function startWatches(options: WatchesOptions): Watches {
  const { kube, clock, log, clusterId, onNamespaceChanged: onChanged } = options;
  const onError = (kind: string) => (error: unknown) =>
    log.warn("watch failed, will be resumed", { kind, error: errorText(error) });
  const namespaces = watchNamespaces({
    ...{ kube, clock, clusterId, onChanged },
    onError: onError("Namespace"),
  });
  const appliers = watchAppliers({ ...{ kube, clock, onChanged }, onError: onError("ServiceAccount") });
  const watch = (kind: ResourceKind) => {
    const reflector = createReflector<Resource>(kube, {
      type: { apiVersion: API_VERSION, kind },
      transform: withoutManagedFields,
      clock,
      onError: onError(kind),
    });
    const { observed, gone } = options.resources;
    reflector.on({ added: observed, updated: observed, deleted: gone });
    return reflector;
  };
  const all = [namespaces, appliers, ...KINDS.map(watch)];
  return {
    ...{ namespaces, appliers },
    synced: Promise.all(all.map((one) => one.synced)),
    stop: () => Promise.all(all.map((one) => one.stop())),
  };
}
