import { z } from "zod";
import {
  type GraphNode,
  type HistoryEntry,
  historyEntrySchema,
  MAX_HISTORY,
  type ResourceGraphSpec,
} from "../../protocol/resources/graph.ts";
import type { ShardRef } from "../../protocol/resources/graph-shard.ts";
import type { LiveGraph } from "./context.ts";
import { asSaid, DEFAULT_LIMIT, digestOfSpec, entryOf, kept, merged, said } from "./history-entries.ts";
import { ShardError } from "./shard-objects.ts";
import type { ShardStore } from "./shard-store.ts";
import { chunksOf, digestOfChunks, linesOf } from "./shards.ts";
import { nodesOf } from "./spec-nodes.ts";
import type { StatusRecord } from "./status.ts";

/** What a write of the graph replaced, until a status lists it: a process that dies between the two forgets nothing. */
export const REPLACED = "kubenova.io/replaced-graphs";

/**
 * The former graphs of a graph. One is stored when it is replaced, not when it is made: a first apply costs nothing.
 * Where only suspension, labels or the like changed, nothing was replaced.
 */
export interface History {
  /** Of the nodes that a specification names, wherever they stand; worked out once for each. */
  digestOf(spec: ResourceGraphSpec): string;
  /** Stores the nodes of a graph that this spec takes the place of. */
  archive(former: LiveGraph, nodes: readonly GraphNode[], next: ResourceGraphSpec): Promise<void>;
  /** What no stored status lists yet, for the annotation; undefined where there is nothing. */
  unlisted(live: LiveGraph): string | undefined;
  /** Rejects with a ShardError where it is not known, or cannot be had. */
  nodesFor(digest: string): Promise<readonly GraphNode[]>;
  /** What is listed in the status of this graph. `carried`: digest of what is carried out; undefined: as it says already. */
  fields(live: LiveGraph, carried: string | undefined): StatusRecord;
  shardsOf(live: LiveGraph): ShardRef[];
}

export function createHistory(first: LiveGraph, shards: ShardStore, now: () => number): History {
  let entries = merged(replacedOf(first), first.status?.history ?? []);
  const digests = new WeakMap<ResourceGraphSpec, string>();
  const digestOf = (spec: ResourceGraphSpec): string => {
    const digest = digests.get(spec) ?? digestOfSpec(spec);
    digests.set(spec, digest);
    return digest;
  };
  const listed = ({ spec }: LiveGraph, carried?: string): HistoryEntry[] => {
    const others = entries.filter(({ digest }) => digest !== digestOf(spec));
    return kept(others, spec.historyLimit, [spec.rollbackTo, carried]);
  };
  /** Whoever looks for one that is just being stored waits for it. */
  let storing: Promise<unknown> = Promise.resolve();

  return {
    digestOf,
    async archive(former, nodes, next) {
      const digest = digestOf(former.spec);
      // What a controller does not say is as others said it.
      const { historyLimit = DEFAULT_LIMIT, rollbackTo } = { ...asSaid(former.spec), ...asSaid(next) };
      const isKept = historyLimit > 0 || rollbackTo === digest;
      if (!isKept || digest === digestOf(next)) return;
      const generation = former.metadata.generation ?? 0;
      if (entries.some((entry) => entry.digest === digest && entry.generation === generation)) return;
      const enter = (refs: ShardRef[]) => {
        const entry = entryOf(former, digest, refs, new Date(now()).toISOString());
        entries = kept(merged([entry], entries), MAX_HISTORY, [rollbackTo, former.status?.rolledBackTo]);
      };
      // At once: from now on no specification names them.
      if (former.spec.shards) return enter(former.spec.shards);
      const chunks = chunksOf(linesOf(nodes));
      const stored = shards.whilePinned(chunks, async () => {
        await shards.put(chunks);
        enter(shards.refsOf(chunks));
      });
      storing = Promise.allSettled([storing, stored]);
      await stored;
    },
    unlisted(live) {
      const known = new Set(live.status?.history?.map(({ digest, generation }) => `${digest} ${generation}`));
      const { historyLimit, rollbackTo } = live.spec;
      const fresh = kept(entries, historyLimit, [rollbackTo]).filter(
        ({ digest, generation }) => !known.has(`${digest} ${generation}`),
      );
      return fresh.length === 0 ? undefined : JSON.stringify(fresh);
    },
    async nodesFor(digest) {
      await storing;
      const entry = entries.find((one) => one.digest === digest);
      if (!entry) throw new UnknownGraphError(`rollbackTo ${digest} is not in its history: ${said(entries)}`);
      const what = `the former graph ${digest} cannot be had`;
      if (digestOfChunks(entry.shards) !== digest)
        throw new UnknownGraphError(`${what}: its entry in status.history was altered`);
      return nodesOf({ nodes: [], shards: entry.shards }, shards).catch((error: unknown) => {
        throw error instanceof ShardError ? new ShardError(`${what}: ${error.message}`) : error;
      });
    },
    fields(live, carried) {
      const history = listed(live, carried);
      const digest = carried ?? live.status?.digest ?? digestOf(live.spec);
      return {
        digest,
        ...(carried !== undefined && carried !== digestOf(live.spec) ? { rolledBackTo: carried } : {}),
        ...(history.length > 0 ? { history } : {}),
      };
    },
    shardsOf: (live) => [...listed(live), ...(live.status?.history ?? [])].flatMap((entry) => entry.shards),
  };
}

/** Nothing will put it back. */
class UnknownGraphError extends ShardError {
  override readonly mayPass = false;
}

/** All that the graph's own object names. */
export function shardsNamedBy(live: LiveGraph): ShardRef[] {
  const { spec, status = {} } = live;
  const former = [...(status.history ?? []), ...replacedOf(live)].flatMap(({ shards }) => shards);
  return [...(spec.shards ?? []), ...(status.inventoryShards ?? []), ...(status.nodeShards ?? []), ...former];
}

/** Of the write that made this generation; a status of it has taken them over. */
function replacedOf({ metadata, status }: LiveGraph): HistoryEntry[] {
  if (status?.observedGeneration === metadata.generation) return [];
  try {
    return z.array(historyEntrySchema).parse(JSON.parse(metadata.annotations?.[REPLACED] ?? "[]"));
  } catch {
    // Somebody else wrote it.
    return [];
  }
}
