import { API_VERSION } from "../../domain/desired/index.ts";
import { ANNOTATION, LABEL, MANAGER } from "../../domain/names/labels.ts";
import type { ResourceGraphShardSpec, ShardRef } from "../../protocol/resources/graph-shard.ts";
import { isKind, type Kube, KubeError, type KubeObject, type LiveObject } from "../kube/index.ts";
import { auditIds } from "./audit.ts";
import type { LiveGraph } from "./context.ts";
import { type Chunk, digestOfText } from "./shards.ts";

/** A shard is not there, or is not what the graph names. */
export class ShardError extends Error {
  override readonly name = "ShardError";
  /** It may be put back. */
  readonly mayPass: boolean = true;
}

/** The shards of one graph, which own nothing and are owned by it: they go with it. */
export interface ShardStore {
  refsOf(chunks: readonly Chunk[]): ShardRef[];
  /** Resolves when each of them is stored. What is known to be there costs no request. */
  put(chunks: readonly Chunk[]): Promise<void>;
  /** They are about to be named by this: nobody collects them before it has ended, and it is known how. */
  whilePinned<T>(chunks: readonly Chunk[], naming: () => Promise<T>): Promise<T>;
  /** Their contents. Rejects with a ShardError where one is missing or is not what its digest says. */
  load(refs: readonly ShardRef[]): Promise<string[]>;
  /**
   * Deletes those that nobody names; costs nothing where nothing has changed since. What is named is asked for as each
   * is deleted: a write may name one at any time.
   */
  collect(named: () => ReadonlySet<string>): Promise<void>;
}

/** Requests of one graph for its shards in flight. */
const AT_ONCE = 4;
/** What this process does not know may have been written by somebody whose graph is about to name it. */
const STRANGERS_MS = 600_000;
/** A write without an answer may yet be carried out: the API server gives up on a request long before this. */
const UNANSWERED_MS = 600_000;
const DIGEST_CHARS = 24;
/** A name has 253 characters at most. */
const NAME_CHARS = 220;

export interface ShardStoreOptions {
  kube: Kube;
  signal: AbortSignal;
  now: () => number;
  live: () => LiveGraph;
}

export function createShardStore({ kube, signal, now, live }: ShardStoreOptions): ShardStore {
  /** Names of what is there for certain. */
  const known = new Set<string>();
  /** Names of what this process wrote, or read where the graph named it. */
  const ours = new Set<string>();
  const stateOf = (...sets: ReadonlySet<string>[]) => sets.map((set) => [...set].sort().join(" ")).join();
  const nothing = stateOf(new Set(), new Set());
  /** What was named and there when nothing was left to collect: a graph without shards never asks. */
  let settled = nothing;
  let collecting = false;
  /** Asked for anew since the last look. */
  let asked = false;
  const pinned = new Map<string, number>();
  /** Until when those may yet come to be named whose naming had no answer. */
  const unanswered = new Map<string, number>();
  /** Deletions under way, by name: what is stored anew meanwhile would go with them. */
  const going = new Map<string, Promise<void>>();
  const request = () => ({ signal, auditId: auditIds(live()) });
  const refOf = (name: string) => ({
    ...{ apiVersion: API_VERSION, kind: "ResourceGraphShard", name },
    namespace: live().metadata.namespace ?? "",
  });
  const nameOf = (digest: string) =>
    `${live().metadata.name.slice(0, NAME_CHARS)}-${idOf(live().metadata.uid, digest)}`;

  const store = async (chunk: Chunk): Promise<void> => {
    const name = nameOf(chunk.digest);
    await going.get(name)?.catch(() => {});
    if (known.has(name)) return;
    try {
      await kube.create(shardOf(live(), name, chunk), request());
      ours.add(name);
    } catch (error) {
      if (!isKind(error, "alreadyExists")) throw error;
      check(await kube.get(refOf(name), request()), { name, digest: chunk.digest });
    }
    known.add(name);
  };
  const read = async (ref: ShardRef): Promise<string> => {
    const found = await kube.get(refOf(ref.name), request()).catch((error: unknown) => {
      known.delete(ref.name);
      if (isKind(error, "notFound")) throw new ShardError(`its shard ${ref.name} is missing`);
      throw error;
    });
    known.delete(ref.name);
    const content = check(found, ref);
    known.add(ref.name);
    ours.add(ref.name);
    return content;
  };

  const isPinned = (name: string) => pinned.has(name) || (unanswered.get(name) ?? 0) > now();
  const unpin = (name: string) => {
    const left = (pinned.get(name) ?? 1) - 1;
    if (left === 0) pinned.delete(name);
    else pinned.set(name, left);
  };
  const remove = async ({ metadata: { name, uid } }: LiveObject) => {
    known.delete(name);
    await kube.delete(refOf(name), { preconditions: { uid }, ...request() }).catch((error: unknown) => {
      if (!isKind(error, "notFound", "conflict")) throw error;
    });
    ours.delete(name);
    unanswered.delete(name);
  };
  /** True where some are left whose time has not come. */
  const sweep = async (named: () => ReadonlySet<string>) => {
    const listed = await list(kube, live(), request());
    const isDue = ({ metadata: { name, creationTimestamp = "" } }: LiveObject, names = named()) =>
      !names.has(name) &&
      !isPinned(name) &&
      (ours.has(name) || now() - Date.parse(creationTimestamp) > STRANGERS_MS);
    for (const [name, until] of unanswered) if (until <= now()) unanswered.delete(name);
    const present = named();
    const due = listed.filter((shard) => isDue(shard, present));
    let removed = 0;
    await each(due, async (shard) => {
      // The others before it took their time.
      if (!isDue(shard)) return;
      removed += 1;
      const removal = remove(shard);
      going.set(shard.metadata.name, removal);
      await removal.finally(() => going.delete(shard.metadata.name));
    });
    return listed.length - removed > named().size;
  };

  return {
    refsOf: (chunks) => chunks.map(({ digest }) => ({ name: nameOf(digest), digest })),
    put: async (chunks) => void (await each(chunks, store)),
    async whilePinned(chunks, naming) {
      const names = chunks.map(({ digest }) => nameOf(digest));
      for (const name of names) pinned.set(name, (pinned.get(name) ?? 0) + 1);
      try {
        return await naming();
      } catch (error) {
        const isAnswered = error instanceof KubeError && error.kind !== "transient";
        if (!isAnswered) for (const name of names) unanswered.set(name, now() + UNANSWERED_MS);
        throw error;
      } finally {
        for (const name of names) unpin(name);
      }
    },
    load: (refs) => each(refs, read),
    async collect(named) {
      asked = true;
      if (collecting) return;
      collecting = true;
      try {
        while (asked) {
          asked = false;
          if (stateOf(named(), known) === settled) continue;
          const isMoreToCome = await sweep(named);
          settled = isMoreToCome ? nothing : stateOf(named(), known);
        }
      } finally {
        collecting = false;
      }
    },
  };
}

/** Another life of the graph has other shards: those of the last one are on their way out with it. */
const idOf = (uid: string, digest: string): string =>
  digestOfText(`${uid} ${digest}`).slice("sha256:".length).slice(0, DIGEST_CHARS);

function check(found: LiveObject, { name, digest }: ShardRef): string {
  const { content } = found.spec as ResourceGraphShardSpec;
  if (digestOfText(content) !== digest)
    throw new ShardError(`its shard ${name} is not what the graph names: its digest is not ${digest}`);
  return content;
}

const shardOf = ({ apiVersion, kind, metadata }: LiveGraph, name: string, chunk: Chunk): KubeObject => ({
  apiVersion: API_VERSION,
  kind: "ResourceGraphShard",
  metadata: {
    name,
    namespace: metadata.namespace ?? "",
    labels: { [LABEL.managedBy]: MANAGER, [ANNOTATION.graph]: metadata.uid },
    ownerReferences: [
      { apiVersion, kind, name: metadata.name, uid: metadata.uid, blockOwnerDeletion: false },
    ],
  },
  spec: { digest: chunk.digest, content: chunk.content },
});

/** Their metadata alone: contents are large. */
async function list(kube: Kube, { metadata }: LiveGraph, request: object): Promise<LiveObject[]> {
  const answer = await kube.request({
    path: `/apis/${API_VERSION}/namespaces/${metadata.namespace}/resourcegraphshards`,
    query: { labelSelector: `${ANNOTATION.graph}=${metadata.uid}` },
    headers: { accept: "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io" },
    metric: { verb: "list", resource: "resourcegraphshards.kubenova.io" },
    ...request,
  });
  return (JSON.parse(answer.body.toString("utf8")) as { items: LiveObject[] }).items;
}

async function each<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const lane = async () => {
    for (let index = next++; index < items.length; index = next++)
      results[index] = await work(items[index] as T);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return results;
}
