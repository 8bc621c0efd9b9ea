import { sameJson } from "../../domain/canonical/same.ts";
import type { ResourceGraphStatus } from "../../protocol/resources/graph.ts";
import { isKind } from "../kube/index.ts";
import { errorText } from "../log.ts";
import { auditIds } from "./audit.ts";
import type { EngineContext, LiveGraph } from "./context.ts";
import type { Packed } from "./ledger.ts";
import type { ShardStore } from "./shard-store.ts";
import type { Chunk } from "./shards.ts";
import type { SinceOf } from "./shown-nodes.ts";
import type { Outlook } from "./snapshot.ts";
import { RESTING, type Snapshot, sameStatus, statusOf } from "./status.ts";
import { createWake } from "./wake.ts";

/** Between two writes of one graph's status; and how long a state that will pass may hide behind the next one. */
const INTERVAL_MS = 1_000;
/** The same where much is written at once. */
const SHARDED_INTERVAL_MS = 5_000;
/**
 * A run that has done nothing yet (a start, watches that fill) says nothing for this long: it may all be as it was. Nor
 * does one that only waits for its applies to be answered: what comes next says more.
 */
const PATIENCE_MS = 10_000;

export interface WriterSource {
  live(): LiveGraph;
  /** Of the snapshot, without making it. Undefined: nothing to say yet. */
  outlook(): Outlook | undefined;
  snapshot(): Snapshot | undefined;
  /** What is kept in the status for the next process, and named by it. */
  record(snapshot: Snapshot): Packed;
  /** Since when a node is in its state, where the former status does not say. */
  sinceOf: SinceOf;
  readonly shards: Pick<ShardStore, "whilePinned" | "put">;
  acted(): boolean;
  /** Takes the answer of a status write. */
  took(live: LiveGraph): void;
  /** Told of each status that is worth knowing, before it is written. */
  tell(status: ResourceGraphStatus): void;
}

/** Writes a graph's status when it has changed: resting phases at once, passing ones when they last. */
export interface StatusWriter {
  changed(): void;
  /** A new generation: its patience begins now. */
  restart(): void;
  /** Writes what is true now, after any write that is under way. Rejects where it could not be written. */
  flush(): Promise<void>;
  stop(): void;
}

export function createStatusWriter(ctx: EngineContext, source: WriterSource): StatusWriter {
  let startedAt = ctx.clock.monotonic();
  let writtenAt = Number.NEGATIVE_INFINITY;
  let busy = false;
  let writing: Promise<void> = Promise.resolve();
  let again = false;
  let stopped = false;
  let failures = 0;
  let told: ResourceGraphStatus | undefined;
  /** What was found to be written already: most looks find it again. */
  let stands: { live: LiveGraph; said: readonly [Snapshot, Packed["fields"]] } | undefined;
  let lookedAt = Number.NEGATIVE_INFINITY;
  let lookCost = 0;
  let writeCost = 0;

  const wakeAt = createWake(ctx, () => look());
  const dueAt = ({ phase, isQuiet }: Outlook): number => {
    const isResting = RESTING.includes(phase);
    const patience = isResting ? 0 : source.acted() && !isQuiet ? INTERVAL_MS : PATIENCE_MS;
    const interval = source.live().status?.inventoryShards ? SHARDED_INTERVAL_MS : INTERVAL_MS;
    const backoff = failures > 0 ? Math.min(60_000, interval * 2 ** failures) : interval;
    // A large status is slow to write, for the API server and all who watch it: progress takes a tenth of the time.
    const pause = isResting ? backoff : Math.max(backoff, 10 * writeCost);
    return Math.max(startedAt + patience, writtenAt + pause);
  };

  const look = (): void => {
    if (stopped || ctx.signal.aborted) return;
    if (busy) {
      again = true;
      return;
    }
    lookedAt = ctx.clock.monotonic();
    const outlook = source.outlook();
    if (!outlook) return;
    const due = dueAt(outlook);
    // In the middle of its work it looks often: what there is to say is asked when it may be written.
    if (!RESTING.includes(outlook.phase) && due > lookedAt) {
      lookCost = ctx.clock.monotonic() - lookedAt;
      wakeAt(due);
      return;
    }
    const snapshot = source.snapshot();
    if (!snapshot) return;
    const live = source.live();
    const { fields, chunks } = source.record(snapshot);
    if (stands?.live === live && sameJson(stands.said, [snapshot, fields])) return;
    const now = new Date(ctx.clock.now()).toISOString();
    const status = statusOf(snapshot, live.status, fields, now, source.sinceOf);
    const same = sameStatus(status, live.status);
    stands = same ? { live, said: [snapshot, fields] } : undefined;
    lookCost = ctx.clock.monotonic() - lookedAt;
    if (!same && due > ctx.clock.monotonic()) {
      wakeAt(due);
      return;
    }
    if (!sameStatus(status, told)) {
      told = status;
      source.tell(status);
    }
    if (!same) writing = write(live, status, chunks);
  };
  /** The shards first: a status never names what is not stored. */
  const publish = (live: LiveGraph, status: ResourceGraphStatus, chunks: readonly Chunk[]) =>
    source.shards.whilePinned(chunks, async () => {
      if (chunks.length > 0) await source.shards.put(chunks);
      source.took(await writeGraphStatus(ctx, live, status));
    });
  const write = async (live: LiveGraph, status: ResourceGraphStatus, chunks: readonly Chunk[]) => {
    busy = true;
    writtenAt = ctx.clock.monotonic();
    try {
      await publish(live, status, chunks);
      writeCost = ctx.clock.monotonic() - writtenAt;
      failures = 0;
    } catch (error) {
      // Gone or replaced by another of its name: its watch says so.
      if (!isKind(error, "notFound")) failures += 1;
      if (!ctx.signal.aborted)
        ctx.log.warn("graph status not written", { graph: live.metadata.name, error: errorText(error) });
      again = again || !isKind(error, "notFound", "tooLarge");
    }
    busy = false;
    settle();
  };
  /** Looks at what came while a write was under way. */
  const settle = () => {
    if (!again) return;
    again = false;
    look();
  };

  return {
    changed() {
      // Looking costs in proportion to the graph: it takes a tenth of the time at most.
      const next = lookedAt + 10 * lookCost;
      if (next <= ctx.clock.monotonic()) look();
      else wakeAt(next);
    },
    restart() {
      startedAt = ctx.clock.monotonic();
      look();
    },
    async flush() {
      while (busy) await writing;
      const snapshot = source.snapshot();
      if (!snapshot) throw new Error("the graph has not been read yet");
      busy = true;
      const live = source.live();
      const now = new Date(ctx.clock.now()).toISOString();
      const { fields, chunks } = source.record(snapshot);
      const status = statusOf(snapshot, live.status, fields, now, source.sinceOf);
      const flushed = publish(live, status, chunks);
      writing = flushed.catch(() => {});
      try {
        await flushed;
      } finally {
        busy = false;
        settle();
      }
    },
    stop() {
      stopped = true;
    },
  };
}

/** Replaces the whole status, of this object and no other of its name. */
export async function writeGraphStatus(
  ctx: EngineContext,
  live: LiveGraph,
  status: ResourceGraphStatus,
): Promise<LiveGraph> {
  const patch = [
    { op: "test", path: "/metadata/uid", value: live.metadata.uid },
    { op: "add", path: "/status", value: status },
  ];
  ctx.count.statusWritten();
  const ref = { apiVersion: live.apiVersion, kind: live.kind, ...nameOf(live) };
  const options = {
    type: "json",
    subresource: "status",
    signal: ctx.signal,
    auditId: auditIds(live),
  } as const;
  return (await ctx.kube.patch(ref, patch, options)) as LiveGraph;
}

const nameOf = ({ metadata: { name, namespace } }: LiveGraph) => ({
  name,
  ...(namespace ? { namespace } : {}),
});
