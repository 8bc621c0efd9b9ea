import { API_VERSION } from "../../domain/desired/index.ts";
import { GROUP } from "../../protocol/resources/common.ts";
import { isKind, type LiveObject, parseType, refOf } from "../kube/index.ts";
import { errorText } from "../log.ts";
import { atOnce } from "./at-once.ts";
import { auditIds } from "./audit.ts";
import type { EngineContext, LiveGraph } from "./context.ts";
import { shardsNamedBy } from "./history.ts";
import { listMetadata, UNREADABLE } from "./listing.ts";
import { persist } from "./persist.ts";
import { deleteShard, graphOfShard, listShards } from "./shard-objects.ts";
import { STRANGERS_MS } from "./shard-store.ts";

/**
 * Shards go after their graph, never before it: whoever deletes it, in whatever way, its record is there until it has
 * gone. A shard bears the UID of its graph, which was there before it and never comes again: where no graph of that UID
 * is left, nothing needs the shard, but for another graph of the same namespace that names it (one that was put back from
 * a copy). What a process leaves behind that dies between the two, the next one finds.
 */
export interface ShardSweeper {
  /** This graph is no more. Where it never had shards, say so: that costs nothing. */
  gone(live: LiveGraph, hadShards: boolean): void;
  /** After the signal: nothing is under way any more. */
  stop(): Promise<void>;
}

/** After the start: others have more urgent requests. */
const FIRST_MS = 5_000;
const EVERY_MS = 3_600_000;
const RETRY_MS = 300_000;
const AT_ONCE = 4;
const MAX_GRAPHS = 1_000_000;
const GRAPHS = { apiVersion: API_VERSION, kind: "ResourceGraph" };
const RESOURCE = {
  ...{ ...GRAPHS, ...parseType(GRAPHS), group: GROUP, resource: "resourcegraphs" },
  ...{ namespaced: true, verbs: ["list"], subresources: [] },
};

type Context = Pick<EngineContext, "kube" | "clock" | "random" | "log" | "signal">;
/** Those that are known here. */
type Graphs = () => Iterable<LiveGraph>;

export function createShardSweeper(ctx: Context, graphs: Graphs, synced: Promise<void>): ShardSweeper {
  const { clock, log, signal } = ctx;
  const work = new Set<Promise<unknown>>();
  const track = (one: Promise<unknown>) => {
    const tracked = one.catch(() => {}).finally(() => work.delete(tracked));
    work.add(tracked);
  };
  const run = async () => {
    await synced;
    for (let wait = FIRST_MS; !signal.aborted; ) {
      await clock.sleep(wait, signal);
      const sweep = sweepShards(ctx, graphs);
      track(sweep);
      wait = await sweep.catch((error: unknown) => {
        if (!signal.aborted) log.info("shards without a graph not deleted yet", { error: errorText(error) });
        return RETRY_MS;
      });
    }
  };
  void run().catch(() => {});
  return {
    gone(live, hadShards) {
      if (!hadShards && shardsNamedBy(live).length === 0) return;
      const aborted = () => signal.aborted;
      track(persist(ctx, aborted, () => follow(ctx, graphs, live), "shards of a graph not deleted yet"));
    },
    async stop() {
      await Promise.all(work);
    },
  };
}

/** Deletes the shards of a graph that is told to have gone, where it has. */
async function follow(ctx: Context, graphs: Graphs, live: LiveGraph): Promise<void> {
  const { kube, signal } = ctx;
  const { namespace = "", uid } = live.metadata;
  const present = await kube.get(refOf(live), { signal }).catch((error: unknown) => {
    if (isKind(error, "notFound", "noSuchKind")) return undefined;
    throw error;
  });
  if (present?.metadata.uid === uid) return;
  await removeUnnamed(ctx, graphs, namespace, await listShards(ctx, { namespace, graph: uid }));
}

/**
 * Deletes the shards of graphs that are no more, `graceMs` after they were made: somebody may be about to put back a
 * graph that names them. Resolves with when to look again.
 */
export async function sweepShards(ctx: Context, graphs: Graphs, graceMs = STRANGERS_MS): Promise<number> {
  const listed = await listShards(ctx);
  const known = new Set([...graphs()].map(({ metadata }) => metadata.uid));
  const age = ({ metadata }: LiveObject) => ctx.clock.now() - Date.parse(metadata.creationTimestamp ?? "");
  const byNamespace = Map.groupBy(
    listed.filter((shard) => !known.has(graphOfShard(shard) ?? "")),
    ({ metadata }) => metadata.namespace ?? "",
  );
  let wait = EVERY_MS;
  for (const [namespace, some] of byNamespace) {
    // After the shards: a graph that is not among these now was there before them, and is gone.
    const living = await uidsIn(ctx, namespace);
    const homeless = some.filter((shard) => !living.has(graphOfShard(shard) ?? ""));
    const due = homeless.filter((shard) => age(shard) >= graceMs);
    for (const shard of homeless)
      if (!due.includes(shard)) wait = Math.min(wait, graceMs - age(shard) + 1_000);
    await removeUnnamed(ctx, graphs, namespace, due);
  }
  return wait;
}

async function removeUnnamed(
  ctx: Context,
  graphs: Graphs,
  namespace: string,
  shards: readonly LiveObject[],
): Promise<void> {
  if (shards.length === 0) return;
  const others = [...graphs()].filter(({ metadata }) => metadata.namespace === namespace);
  const named = new Set(others.flatMap(shardsNamedBy).map(({ name }) => name));
  const unnamed = shards.filter(({ metadata }) => !named.has(metadata.name));
  await atOnce(AT_ONCE, unnamed, (shard) => deleteShard(ctx, shard, auditIds(shard)));
}

async function uidsIn(ctx: Context, namespace: string): Promise<ReadonlySet<string>> {
  const listed = await listMetadata(ctx, RESOURCE, { namespace, max: MAX_GRAPHS, as: undefined });
  if (listed === UNREADABLE) throw new Error("resourcegraphs may not be listed");
  return new Set(listed.items.map(({ metadata }) => metadata.uid));
}
