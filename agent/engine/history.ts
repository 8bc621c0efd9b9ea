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
import { ShardError, type ShardStore } from "./shard-store.ts";
import { chunksOf, digestOfChunks, linesOf } from "./shards.ts";
import { nodesOf } from "./spec-nodes.ts";
import type { StatusRecord } from "./status.ts";

/** What a write of the graph replaced, until a status lists it: a process that dies between the two forgets nothing. */
export const REPLACED = "kubenova.io/replaced-graphs";
const DEFAULT_LIMIT = 10;

/**
 * The former graphs of a graph. One is stored when it is replaced, not when it is made: a first apply costs nothing.
 * Where only suspension, labels or the like changed, nothing was replaced.
 */
export interface History {
  /** Stores the nodes of a graph that this spec takes the place of. */
  archive(former: LiveGraph, nodes: readonly GraphNode[], next: ResourceGraphSpec): Promise<void>;
  /** What no stored status lists yet, for the annotation; undefined where there is nothing. */
  unlisted(live: LiveGraph): string | undefined;
  /** @throws ShardError where it is not known, or cannot be had */
  nodesFor(digest: string): Promise<readonly GraphNode[]>;
  /** What is listed in the status of this graph. */
  fields(live: LiveGraph): StatusRecord;
  shardsOf(live: LiveGraph): ShardRef[];
}

export function createHistory(first: LiveGraph, shards: ShardStore, now: () => number): History {
  let entries = merged(replacedOf(first), first.status?.history ?? []);
  let own: { spec: ResourceGraphSpec; digest: string } | undefined;
  const digestOf = (spec: ResourceGraphSpec): string => {
    if (own?.spec !== spec) own = { spec, digest: digestOfSpec(spec) };
    return own.digest;
  };
  const listed = ({ spec }: LiveGraph): HistoryEntry[] => {
    const others = entries.filter(({ digest }) => digest !== digestOf(spec));
    return others.filter(
      ({ digest }, place) => place < (spec.historyLimit ?? DEFAULT_LIMIT) || digest === spec.rollbackTo,
    );
  };

  return {
    async archive(former, nodes, next) {
      const digest = digestOfSpec(former.spec);
      if ((next.historyLimit ?? DEFAULT_LIMIT) === 0 || digest === digestOfSpec(next)) return;
      const generation = former.metadata.generation ?? 0;
      if (entries.some((entry) => entry.digest === digest && entry.generation === generation)) return;
      const enter = (refs: ShardRef[]) => {
        entries = merged([entryOf(former, digest, refs, new Date(now()).toISOString())], entries);
      };
      // At once: from now on no specification names them.
      if (former.spec.shards) return enter(former.spec.shards);
      const chunks = chunksOf(linesOf(nodes));
      await shards.whilePinned(chunks, async () => {
        await shards.put(chunks);
        enter(shards.refsOf(chunks));
      });
    },
    unlisted(live) {
      const known = new Set(live.status?.history?.map(({ digest, generation }) => `${digest} ${generation}`));
      const kept = entries.slice(0, live.spec.historyLimit ?? DEFAULT_LIMIT);
      const fresh = kept.filter(({ digest, generation }) => !known.has(`${digest} ${generation}`));
      return fresh.length === 0 ? undefined : JSON.stringify(fresh);
    },
    async nodesFor(digest) {
      const entry = entries.find((one) => one.digest === digest);
      if (!entry) throw new ShardError(`rollbackTo ${digest} is not in its history: ${said(entries)}`);
      return nodesOf({ nodes: [], shards: entry.shards }, shards);
    },
    fields(live) {
      const history = listed(live);
      const { rollbackTo } = live.spec;
      return {
        digest: rollbackTo ?? digestOf(live.spec),
        ...(rollbackTo ? { rolledBackTo: rollbackTo } : {}),
        ...(history.length > 0 ? { history } : {}),
      };
    },
    shardsOf: (live) => [...listed(live), ...(live.status?.history ?? [])].flatMap((entry) => entry.shards),
  };
}

/** Newest first, each content once. */
export function merged(some: readonly HistoryEntry[], others: readonly HistoryEntry[]): HistoryEntry[] {
  const byDigest = new Map<string, HistoryEntry>();
  const all = [...some, ...others].sort((a, b) => b.generation - a.generation);
  for (const entry of all) if (!byDigest.has(entry.digest)) byDigest.set(entry.digest, entry);
  return [...byDigest.values()].slice(0, MAX_HISTORY);
}

/** Of the nodes that a specification names, wherever they stand. */
export const digestOfSpec = ({ nodes, shards }: Pick<ResourceGraphSpec, "nodes" | "shards">): string =>
  digestOfChunks(shards && shards.length > 0 ? shards : chunksOf(linesOf(nodes)));

function entryOf(former: LiveGraph, digest: string, shards: ShardRef[], replacedAt: string): HistoryEntry {
  const { metadata, spec, status } = former;
  const generation = metadata.generation ?? 0;
  const isKnown = status?.observedGeneration === generation && status.phase !== undefined;
  return {
    ...{ digest, generation, replacedAt, shards },
    ...(spec.metadata?.version ? { version: spec.metadata.version } : {}),
    ...(spec.metadata?.renderedAt ? { renderedAt: spec.metadata.renderedAt } : {}),
    ...(isKnown ? { phase: status.phase } : {}),
  };
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

const said = (entries: readonly HistoryEntry[]): string =>
  entries.length === 0
    ? "that is empty"
    : `there are ${entries
        .slice(0, 5)
        .map(({ digest, generation }) => `${digest} (generation ${generation})`)
        .join(", ")}`;
