import { API_VERSION } from "../../domain/desired/index.ts";
import { ANNOTATION, LABEL, MANAGER } from "../../domain/names/labels.ts";
import { GROUP } from "../../protocol/resources/common.ts";
import type { ResourceGraphShardSpec, ShardRef } from "../../protocol/resources/graph-shard.ts";
import {
  isKind,
  type Kube,
  type KubeObject,
  type LiveObject,
  type ObjectRef,
  parseType,
} from "../kube/index.ts";
import type { LiveGraph } from "./context.ts";
import { listMetadata, UNREADABLE } from "./listing.ts";
import { type Chunk, digestOfText } from "./shards.ts";

/**
 * Shards as objects. They have no ownerReference: the garbage collector would take them before their graph where that is
 * deleted in the foreground, and with them what it made. They bear their graph's UID, and go after it (shard-sweep.ts).
 */

/** A shard is not there, or is not what the graph names. */
export class ShardError extends Error {
  override readonly name = "ShardError";
  /** It may be put back. */
  readonly mayPass: boolean = true;
}

const TYPE = { apiVersion: API_VERSION, kind: "ResourceGraphShard" } as const;
const RESOURCE = {
  ...{ ...TYPE, ...parseType(TYPE), group: GROUP, resource: "resourcegraphshards" },
  ...{ namespaced: true, verbs: ["list"], subresources: [] },
};
const DIGEST_CHARS = 24;
/** A name has 253 characters at most. */
const NAME_CHARS = 220;
/** Of all graphs: more are looked at the next time. */
const MAX_LISTED = 100_000;

/** Another life of the graph has other shards. */
export const shardName = ({ metadata }: LiveGraph, digest: string): string =>
  `${metadata.name.slice(0, NAME_CHARS)}-${digestOfText(`${metadata.uid} ${digest}`)
    .slice("sha256:".length)
    .slice(0, DIGEST_CHARS)}`;

export const shardAt = (namespace: string | undefined, name: string): ObjectRef => ({
  ...TYPE,
  namespace: namespace ?? "",
  name,
});

export const shardOf = ({ metadata }: LiveGraph, name: string, chunk: Chunk): KubeObject => ({
  ...TYPE,
  metadata: {
    name,
    namespace: metadata.namespace ?? "",
    labels: { [LABEL.managedBy]: MANAGER, [ANNOTATION.graph]: metadata.uid },
  },
  spec: { digest: chunk.digest, content: chunk.content },
});

/** @throws ShardError where it is not what its digest says */
export function contentOf(found: LiveObject, { name, digest }: ShardRef): string {
  const { content } = found.spec as ResourceGraphShardSpec;
  if (digestOfText(content) !== digest)
    throw new ShardError(`its shard ${name} is not what the graph names: its digest is not ${digest}`);
  return content;
}

/** UID of the graph that a shard was stored for. */
export const graphOfShard = ({ metadata }: LiveObject): string | undefined =>
  metadata.labels?.[ANNOTATION.graph];

type Client = { kube: Kube; signal: AbortSignal };

/** Their metadata alone: contents are large. Without a graph's UID: all. */
export async function listShards(
  client: Client,
  of: { namespace?: string; graph?: string } = {},
): Promise<LiveObject[]> {
  const { namespace, graph } = of;
  const listed = await listMetadata(client, RESOURCE, {
    ...(namespace ? { namespace } : {}),
    labelSelector: graph ? `${ANNOTATION.graph}=${graph}` : ANNOTATION.graph,
    ...{ max: MAX_LISTED, as: undefined },
  });
  if (listed === UNREADABLE) throw new Error("resourcegraphshards may not be listed");
  return listed.items;
}

/** This one, and no other of its name. Resolves where it is gone already. */
export async function deleteShard(
  { kube, signal }: Client,
  { metadata: { namespace, name, uid } }: LiveObject,
  auditId: () => string,
): Promise<void> {
  const options = { preconditions: { uid }, signal, auditId };
  await kube.delete(shardAt(namespace, name), options).catch((error: unknown) => {
    if (!isKind(error, "notFound", "conflict")) throw error;
  });
}
