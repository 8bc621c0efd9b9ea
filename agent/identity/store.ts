import { isKind, type Kube, type LiveObject } from "../kube/index.ts";
import { exportKey, generateKey, importKey, type KeyPair } from "./keys.ts";
import { IDENTITY_SECRET } from "./own-objects.ts";

/**
 * Who this cluster is, as the Secret holds it. The key is stored before the first use of the join token, so that an
 * answer that got lost is asked for again with the same key.
 */
export interface Identity {
  key: KeyPair;
  /** RFC 3339: when the key was made. */
  keyCreatedAt: string;
  /** Absent until the enrolment succeeded. */
  clusterId?: string;
  clusterName?: string;
  managerUrl?: string;
  /** Id of the join token that enrolled it; another one in the configuration means: enrol anew. */
  joinTokenId?: string;
  /** A key that was announced to the manager and is not confirmed yet. */
  nextKey?: KeyPair;
}

export interface IdentityStore {
  /** Reads it; makes the key where there is none. Never overwrites one that is there. */
  loadOrCreate(): Promise<Identity>;
  /** Stores it; rejects with kind `conflict` where somebody else wrote since it was read. */
  save(identity: Identity): Promise<void>;
}

export function createIdentityStore(kube: Kube, namespace: string, now: () => number): IdentityStore {
  const ref = { apiVersion: "v1", kind: "Secret", namespace, name: IDENTITY_SECRET };
  let held: LiveObject | undefined;

  const read = async (): Promise<Identity | undefined> => {
    try {
      held = await kube.get(ref);
      return decode(held);
    } catch (error) {
      if (isKind(error, "notFound")) return undefined;
      throw error;
    }
  };
  return {
    async loadOrCreate() {
      const present = await read();
      if (present) return present;
      const made: Identity = { key: generateKey(), keyCreatedAt: new Date(now()).toISOString() };
      try {
        held = await kube.create(secretOf(namespace, made));
        return made;
      } catch (error) {
        if (!isKind(error, "alreadyExists")) throw error;
        const theirs = await read();
        if (!theirs) throw error;
        return theirs;
      }
    },
    async save(identity) {
      const { resourceVersion, uid } = held?.metadata ?? {};
      const secret = secretOf(namespace, identity);
      const precondition = resourceVersion && uid ? { resourceVersion, uid } : {};
      const metadata = { ...secret.metadata, ...precondition };
      held = await kube.replace({ ...secret, metadata });
    },
  };
}

function secretOf(namespace: string, identity: Identity) {
  const fields = {
    privateKey: exportKey(identity.key),
    publicKey: identity.key.publicKey,
    keyCreatedAt: identity.keyCreatedAt,
    clusterId: identity.clusterId,
    clusterName: identity.clusterName,
    managerUrl: identity.managerUrl,
    joinTokenId: identity.joinTokenId,
    nextPrivateKey: identity.nextKey ? exportKey(identity.nextKey) : undefined,
  };
  const present = Object.entries(fields).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: {
      name: IDENTITY_SECRET,
      namespace,
      labels: { "app.kubernetes.io/managed-by": "kubenova", "app.kubernetes.io/part-of": "kubenova" },
    },
    type: "Opaque",
    data: Object.fromEntries(present.map(([name, value]) => [name, Buffer.from(value).toString("base64")])),
  };
}

/** @throws where the Secret holds no usable key: a person must look, since making a new one would lose the cluster */
function decode(secret: LiveObject): Identity {
  const data = (secret.data ?? {}) as Record<string, string>;
  const text = (name: string): string | undefined => {
    const value = data[name];
    return value ? Buffer.from(value, "base64").toString("utf8") : undefined;
  };
  const privateKey = text("privateKey");
  if (!privateKey) throw new Error(`Secret ${IDENTITY_SECRET} holds no privateKey; delete it to enrol anew`);
  const nextPrivateKey = text("nextPrivateKey");
  const optional = {
    clusterId: text("clusterId"),
    clusterName: text("clusterName"),
    managerUrl: text("managerUrl"),
    joinTokenId: text("joinTokenId"),
    nextKey: nextPrivateKey ? importKey(nextPrivateKey) : undefined,
  };
  const identity: Identity = {
    key: importKey(privateKey),
    keyCreatedAt: text("keyCreatedAt") ?? "1970-01-01T00:00:00.000Z",
  };
  for (const [name, value] of Object.entries(optional))
    if (value !== undefined) Object.assign(identity, { [name]: value });
  return identity;
}
