import { APPLIER_SERVICE_ACCOUNT } from "../../domain/names/labels.ts";
import { type Clock, createReflector, type Kube } from "../kube/index.ts";

/** In which namespaces there is an account that things are applied as (decisions.md 1). */
export interface Appliers {
  readonly synced: Promise<void>;
  has(namespace: string): boolean;
  stop(): Promise<void>;
}

export interface AppliersOptions {
  kube: Kube;
  clock: Clock;
  onChanged: (namespace: string) => void;
  onError: (error: unknown) => void;
}

export function watchAppliers({ kube, clock, onChanged, onError }: AppliersOptions): Appliers {
  const namespaces = new Set<string>();
  const reflector = createReflector<{ namespace: string }>(kube, {
    type: { apiVersion: "v1", kind: "ServiceAccount" },
    fieldSelector: `metadata.name=${APPLIER_SERVICE_ACCOUNT}`,
    transform: ({ metadata }) => ({ namespace: metadata.namespace ?? "" }),
    clock,
    onError,
  });
  reflector.on({
    added({ namespace }) {
      namespaces.add(namespace);
      onChanged(namespace);
    },
    deleted({ namespace }) {
      namespaces.delete(namespace);
      onChanged(namespace);
    },
  });
  return {
    synced: reflector.synced,
    has: (namespace) => namespaces.has(namespace),
    stop: () => reflector.stop(),
  };
}
