import { MAX_STATUS_NODES, type NodeStatus } from "../../protocol/resources/graph.ts";
import type { ShardRef } from "../../protocol/resources/graph-shard.ts";
import { KubeError } from "../kube/index.ts";
import { errorText } from "../log.ts";
import type { EngineContext, LiveGraph } from "./context.ts";
import { chunksOfNodes, nodesOfChunks } from "./node-lines.ts";
import type { ShardStore } from "./shard-store.ts";
import { RESTING, type Snapshot, type StatusRecord } from "./status.ts";
import { createWake } from "./wake.ts";

/**
 * The states of all nodes of a graph that has more than its status shows, in shards that the status names. They are for
 * who reads the cluster, and say since when a node is as it is; nothing else depends on them. So they are written when
 * the graph has come to rest, after its status, and seldom while it does not; one that cannot be stored holds up nothing.
 */
export interface NodeRecord {
  /** What a status is to name; has what has changed stored when its time comes. */
  fields(snapshot: Snapshot): StatusRecord;
  /** Since when a node is in the state that it is in, where that is on record. */
  sinceOf(node: NodeStatus): string | undefined;
  /** Each with the time since when it is in its state, where that is on record. */
  timed(nodes: readonly NodeStatus[]): NodeStatus[];
  /** What must not be collected. */
  refs(): readonly ShardRef[];
  stop(): void;
}

/** From the first status of a state that stays: that one goes first, and what follows it is waited for. */
const QUIET_MS = 5_000;
/** Between two of them. */
const INTERVAL_MS = 10_000;
/** So long a graph that does not rest, or could not be recorded, may be on record as it was. */
const LONGEST_MS = 60_000;

export interface NodeRecordOptions {
  ctx: Pick<EngineContext, "clock" | "log" | "signal">;
  shards: Pick<ShardStore, "adopt" | "load" | "put" | "refsOf" | "whilePinned">;
  live: () => LiveGraph;
  /** As it stands now. */
  snapshot: () => Snapshot | undefined;
  /** A status is to name others now. */
  changed: () => void;
  /** Some are stored that none is going to name. */
  collect: () => void;
}

type Former = Pick<NodeStatus, "state" | "since">;

export function createNodeRecord(options: NodeRecordOptions): NodeRecord {
  const { ctx, shards, live, snapshot, changed, collect } = options;
  const { clock, log, signal } = ctx;
  /** What the shards say; undefined until they have been read. */
  let formers: ReadonlyMap<string, Former> | undefined;
  /** What is stored, and named by the next status. */
  let stored: readonly ShardRef[] | undefined;
  let restsSince = Number.POSITIVE_INFINITY;
  let waitsSince = Number.POSITIVE_INFINITY;
  let notBefore = 0;
  let busy = false;
  let stopped = false;

  const dueAt = () => Math.max(notBefore, Math.min(restsSince + QUIET_MS, waitsSince + LONGEST_MS));
  const wakeAt = createWake(ctx, () => {
    if (stopped || busy || waitsSince === Number.POSITIVE_INFINITY) return;
    if (dueAt() <= clock.monotonic()) void store();
    else wakeAt(dueAt());
  });
  const formerOf = (node: NodeStatus, shown: ReadonlyMap<string, Former>) =>
    [shown.get(node.id), formers?.get(node.id)].find((one) => one?.state === node.state && one.since);
  const timed = (nodes: readonly NodeStatus[], since?: string): NodeStatus[] => {
    const shown = new Map(live().status?.nodes?.map((node) => [node.id, node]));
    return nodes.map((node) => {
      const known = formerOf(node, shown)?.since ?? since;
      return known ? { ...node, since: known } : node;
    });
  };
  const read = async (refs: readonly ShardRef[]): Promise<ReadonlyMap<string, Former>> => {
    try {
      return byId(nodesOfChunks(await shards.load(refs)));
    } catch (error) {
      if (signal.aborted || error instanceof KubeError) throw error;
      // They are not there, or say something else: they are made anew.
      return new Map();
    }
  };
  const write = async () => {
    formers ??= await read(live().status?.nodeShards ?? []);
    const found = snapshot();
    if (stopped || !found || isSmall(found)) return;
    const nodes = timed(found.nodes, new Date(clock.now()).toISOString());
    const chunks = chunksOfNodes(nodes);
    if (!chunks) return log.info("too long to be recorded: the states of all nodes", { nodes: nodes.length });
    const refs = shards.refsOf(chunks);
    if (isSame(refs, stored ?? live().status?.nodeShards ?? [])) return;
    await shards.whilePinned(chunks, async () => {
      await shards.put(chunks);
      stored = refs;
    });
    formers = byId(nodes);
    if (!isSmall(snapshot() ?? found)) return changed();
    stored = undefined;
    collect();
  };
  const store = async () => {
    busy = true;
    waitsSince = Number.POSITIVE_INFINITY;
    notBefore = clock.monotonic() + INTERVAL_MS;
    try {
      await write();
    } catch (error) {
      notBefore = clock.monotonic() + LONGEST_MS;
      waitsSince = clock.monotonic();
      const said = { graph: live().metadata.name, error: errorText(error) };
      if (!signal.aborted) log.info("states of all nodes not recorded yet", said);
    }
    busy = false;
    if (waitsSince < Number.POSITIVE_INFINITY) wakeAt(dueAt());
  };

  return {
    fields(found) {
      shards.adopt(live().status?.nodeShards ?? []);
      if (isSmall(found)) {
        stored = undefined;
        restsSince = Number.POSITIVE_INFINITY;
        return {};
      }
      const now = clock.monotonic();
      restsSince = RESTING.includes(found.phase) ? Math.min(restsSince, now) : Number.POSITIVE_INFINITY;
      waitsSince = Math.min(waitsSince, now);
      wakeAt(dueAt());
      const nodeShards = stored ?? live().status?.nodeShards;
      return nodeShards ? { nodeShards: [...nodeShards] } : {};
    },
    sinceOf: (node) => formerOf(node, new Map())?.since,
    timed: (nodes) => timed(nodes),
    refs: () => [...(stored ?? []), ...(live().status?.nodeShards ?? [])],
    stop() {
      stopped = true;
    },
  };
}

const isSmall = ({ nodes }: Snapshot): boolean => nodes.length <= MAX_STATUS_NODES;

const byId = (nodes: readonly NodeStatus[]): ReadonlyMap<string, Former> =>
  new Map(nodes.map(({ id, state, since }) => [id, { state, ...(since ? { since } : {}) }]));

const isSame = (some: readonly ShardRef[], others: readonly ShardRef[]): boolean =>
  some.length === others.length && some.every(({ name }, place) => name === others[place]?.name);
