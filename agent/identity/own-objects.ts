import { type Kube, type ObjectRef, ReadOnlyError, refString } from "../kube/index.ts";

export const IDENTITY_SECRET = "kubenova-agent-identity";
export const STATE_CONFIG_MAP = "kubenova-agent-state";
export const LEASE = "kubenova-agent";

/** By kind, the one object of that kind that the agent keeps for itself. */
const OWN: ReadonlyMap<string, string> = new Map([
  ["v1/Secret", IDENTITY_SECRET],
  ["v1/ConfigMap", STATE_CONFIG_MAP],
  ["coordination.k8s.io/v1/Lease", LEASE],
]);

/**
 * A client that writes three objects, by name, in the agent's own namespace, and reads those: its key, its state, its
 * Lease. A read-only agent needs them too, and this is all that it can write: everything else rejects with a
 * ReadOnlyError before anything is sent. It acts as nobody but itself.
 */
export function ownObjects(kube: Kube, namespace: string): Kube {
  const isOwn = (ref: ObjectRef) =>
    ref.namespace === namespace && OWN.get(`${ref.apiVersion}/${ref.kind}`) === ref.name;
  const guarded = async <T>(
    ref: ObjectRef,
    options: object | undefined,
    send: () => Promise<T>,
  ): Promise<T> => {
    if (!isOwn(ref) || (options !== undefined && "as" in options && options.as !== undefined)) {
      throw new ReadOnlyError(refString(ref));
    }
    return send();
  };
  const refOfObject = (object: Parameters<Kube["create"]>[0]): ObjectRef => ({
    apiVersion: object.apiVersion,
    kind: object.kind,
    namespace: object.metadata.namespace ?? "",
    name: object.metadata.name ?? "",
  });
  const refuse = (what: string) => async (): Promise<never> => {
    throw new ReadOnlyError(what);
  };
  return {
    server: kube.server,
    readOnly: false,
    get: (ref, options) => guarded(ref, options, () => kube.get(ref, options)),
    create: (object, options) => guarded(refOfObject(object), options, () => kube.create(object, options)),
    apply: (object, options) => guarded(refOfObject(object), options, () => kube.apply(object, options)),
    replace: (object, options) => guarded(refOfObject(object), options, () => kube.replace(object, options)),
    patch: (ref, patch, options) => guarded(ref, options, () => kube.patch(ref, patch, options)),
    delete: (ref) => guarded(ref, undefined, refuse("delete")),
    list: refuse("list"),
    listAll: refuse("list"),
    request: refuse("request"),
    stream: refuse("stream"),
    connectTarget: refuse("connect"),
    resolve: (type) => kube.resolve(type),
    resourceTypes: (options) => kube.resourceTypes(options),
    serverVersion: () => kube.serverVersion(),
    kubeSystemUid: () => kube.kubeSystemUid(),
    with() {
      throw new ReadOnlyError("with");
    },
    close: () => kube.close(),
  };
}
