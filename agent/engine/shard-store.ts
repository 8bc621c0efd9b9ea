import type { ShardRef } from "../../protocol/resources/graph-shard.ts";
import { isKind, type Kube, type LiveObject } from "../kube/index.ts";
import { atOnce } from "./at-once.ts";
import { auditIds } from "./audit.ts";
import type { LiveGraph } from "./context.ts";
import { oneAtATime } from "./one-at-a-time.ts";
import {
  contentOf,
  deleteShard,
  listShards,
  ShardError,
  shardAt,
  shardName,
  shardOf,
} from "./shard-objects.ts";
import { createShardPins } from "./shard-pins.ts";
import type { Chunk } from "./shards.ts";

/** The shards of one graph, which own nothing and go after it. */
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
  /** The graph names them: they may be collected when it does not any more, though nobody here has read them. */
  adopt(refs: readonly ShardRef[]): void;
  /** It stored some, or read some, that may be there. */
  readonly isUsed: boolean;
}

/** Requests of one graph for its shards in flight. */
const AT_ONCE = 4;
/** What this process does not know may have been written by somebody whose graph is about to name it. */
export const STRANGERS_MS = 600_000;

export interface ShardStoreOptions {
  kube: Kube;
  signal: AbortSignal;
  now: () => number;
  live: () => LiveGraph;
}

export function createShardStore({ kube, signal, now, live }: ShardStoreOptions): ShardStore {
  /** Names of what is there for certain. */
  const known = new Set<string>();
  /** Names of what this process wrote, or read or saw where the graph named it. */
  const ours = new Set<string>();
  const stateOf = (...sets: ReadonlySet<string>[]) => sets.map((set) => [...set].sort().join(" ")).join();
  const nothing = stateOf(new Set(), new Set());
  /** What was named and there when nothing was left to collect: a graph without shards never asks. */
  let settled = nothing;
  let names: () => ReadonlySet<string> = () => new Set();
  const pins = createShardPins(now);
  /** Deletions under way, by name: what is stored anew meanwhile would go with them. */
  const going = new Map<string, Promise<void>>();
  const request = () => ({ signal, auditId: auditIds(live()) });
  const at = (name: string) => shardAt(live().metadata.namespace, name);
  const nameOf = (digest: string) => shardName(live(), digest);

  const store = async (chunk: Chunk): Promise<void> => {
    const name = nameOf(chunk.digest);
    await going.get(name)?.catch(() => {});
    if (known.has(name)) return;
    try {
      await kube.create(shardOf(live(), name, chunk), request());
      ours.add(name);
    } catch (error) {
      if (!isKind(error, "alreadyExists")) throw error;
      contentOf(await kube.get(at(name), request()), { name, digest: chunk.digest });
    }
    known.add(name);
  };
  const read = async (ref: ShardRef): Promise<string> => {
    const found = await kube.get(at(ref.name), request()).catch((error: unknown) => {
      known.delete(ref.name);
      if (isKind(error, "notFound")) throw new ShardError(`its shard ${ref.name} is missing`);
      throw error;
    });
    known.delete(ref.name);
    const content = contentOf(found, ref);
    known.add(ref.name);
    ours.add(ref.name);
    return content;
  };
  const remove = async (shard: LiveObject) => {
    const { name } = shard.metadata;
    known.delete(name);
    await deleteShard({ kube, signal }, shard, auditIds(live()));
    ours.delete(name);
    pins.forget(name);
  };
  /** True where some are left whose time has not come. */
  const sweep = async (named: () => ReadonlySet<string>) => {
    const { namespace = "", uid } = live().metadata;
    const listed = await listShards({ kube, signal }, { namespace, graph: uid });
    const isDue = ({ metadata: { name, creationTimestamp = "" } }: LiveObject, names = named()) =>
      !names.has(name) &&
      !pins.has(name) &&
      (ours.has(name) || now() - Date.parse(creationTimestamp) > STRANGERS_MS);
    pins.tidy();
    const present = named();
    const due = listed.filter((shard) => isDue(shard, present));
    let removed = 0;
    await atOnce(AT_ONCE, due, async (shard) => {
      // The others before it took their time.
      if (!isDue(shard)) return;
      removed += 1;
      const removal = remove(shard);
      going.set(shard.metadata.name, removal);
      await removal.finally(() => going.delete(shard.metadata.name));
    });
    return listed.length - removed > named().size;
  };

  const collecting = oneAtATime(async () => {
    if (stateOf(names(), known) === settled) return;
    const isMoreToCome = await sweep(names);
    settled = isMoreToCome ? nothing : stateOf(names(), known);
  });

  return {
    refsOf: (chunks) => chunks.map(({ digest }) => ({ name: nameOf(digest), digest })),
    put: async (chunks) => void (await atOnce(AT_ONCE, chunks, store)),
    whilePinned: (chunks, naming) =>
      pins.during(
        chunks.map(({ digest }) => nameOf(digest)),
        naming,
      ),
    load: (refs) => atOnce(AT_ONCE, refs, read),
    adopt(refs) {
      for (const { name } of refs) ours.add(name);
    },
    async collect(named) {
      names = named;
      await collecting();
    },
    get isUsed() {
      return known.size > 0 || ours.size > 0;
    },
  };
}
