import { type HistoryEntry, MAX_HISTORY, type ResourceGraphSpec } from "../../protocol/resources/graph.ts";
import type { ShardRef } from "../../protocol/resources/graph-shard.ts";
import type { LiveGraph } from "./context.ts";
import { chunksOf, digestOfChunks, linesOf } from "./shards.ts";

/** Former graphs as a status lists them. Pure. */

export const DEFAULT_LIMIT = 10;

/** The newest of them, as many as the limit says, and those that are carried out for as long as they are. */
export function kept(
  entries: readonly HistoryEntry[],
  limit = DEFAULT_LIMIT,
  carried: readonly (string | undefined)[],
): HistoryEntry[] {
  const older = entries.slice(limit).filter(({ digest }) => carried.includes(digest));
  return [...entries.slice(0, Math.min(limit, MAX_HISTORY - older.length)), ...older];
}

/** What a specification says of its history. */
export const asSaid = ({ historyLimit, rollbackTo }: ResourceGraphSpec) => ({
  ...(historyLimit === undefined ? {} : { historyLimit }),
  ...(rollbackTo === undefined ? {} : { rollbackTo }),
});

/** Newest first, each content once. */
export function merged(some: readonly HistoryEntry[], others: readonly HistoryEntry[]): HistoryEntry[] {
  const byDigest = new Map<string, HistoryEntry>();
  const all = [...some, ...others].sort((a, b) => b.generation - a.generation);
  for (const entry of all) if (!byDigest.has(entry.digest)) byDigest.set(entry.digest, entry);
  return [...byDigest.values()];
}

/** Of the nodes that a specification names, wherever they stand. */
export const digestOfSpec = ({ nodes, shards }: Pick<ResourceGraphSpec, "nodes" | "shards">): string =>
  digestOfChunks(shards && shards.length > 0 ? shards : chunksOf(linesOf(nodes)));

export function entryOf(
  former: LiveGraph,
  digest: string,
  shards: ShardRef[],
  replacedAt: string,
): HistoryEntry {
  const { metadata, spec, status } = former;
  const generation = metadata.generation ?? 0;
  // While another was carried out, the phase was that one's.
  const isKnown = status?.observedGeneration === generation && status.digest === digest && status.phase;
  return {
    ...{ digest, generation, replacedAt, shards },
    ...(spec.metadata?.version ? { version: spec.metadata.version } : {}),
    ...(spec.metadata?.renderedAt ? { renderedAt: spec.metadata.renderedAt } : {}),
    ...(isKnown ? { phase: isKnown } : {}),
  };
}

/** In words. */
export const said = (entries: readonly HistoryEntry[]): string =>
  entries.length === 0
    ? "that is empty"
    : `there are ${entries
        .slice(0, 5)
        .map(({ digest, generation }) => `${digest} (generation ${generation})`)
        .join(", ")}`;
