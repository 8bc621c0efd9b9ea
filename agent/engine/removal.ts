import type { Identity } from "../kube/index.ts";
import { isKind } from "../kube/index.ts";
import { errorText } from "../log.ts";
import type { Hold } from "./cache.ts";
import type { Host } from "./host.ts";
import { type Held, removalRank } from "./inventory.ts";
import { type GraphIdentity, unmarkPatch } from "./marks.ts";
import type { Graph, Seen } from "./model.ts";
import { mayDelete } from "./ownership.ts";
import { readLive } from "./read.ts";
import { verdictOf } from "./retry.ts";
import type { Leaving } from "./snapshot.ts";

export interface RemovalOptions {
  host: Host;
  identity: GraphIdentity;
  as?: Identity;
  auditId: () => string;
  /** Where the entries stand in it, what depends on them goes first. */
  graph?: Graph;
  entries: readonly Held[];
  /** Told when an entry has gone, was let go or was not ours. */
  onGone: (held: Held, how: "deleted" | "orphaned" | "left") => void;
}

/** Objects on their way out: of a prune, or of a whole graph. */
export interface Removal {
  /** Starts what may start; call it whenever something may have changed. */
  step(): void;
  has(key: string): boolean;
  leaving(): Leaving[];
  readonly isDone: boolean;
  release(): void;
}

interface Entry {
  held: Held;
  hold: Hold;
  off: () => void;
  attempts: number;
  notBefore: number;
  failed: boolean;
  message?: string | undefined;
  /**
   * Asked for by name: a recorded object that the watch does not show may have lost its label only, and a kind that
   * cannot be watched is often one that is gone, and its objects with it.
   */
  confirmed: boolean;
}

/** What the runner pokes to have `step` called. */
export const REMOVAL = "\u0000removal";

/** How long a watch may take before it is asked why. */
const UNSYNCED_MS = 500;

export function createRemoval(options: RemovalOptions): Removal {
  const { host, identity, as, auditId, graph, onGone } = options;
  const { ctx } = host;
  const entries = new Map<string, Entry>();
  const byKey = new Map([...(graph?.nodes.values() ?? [])].map((node) => [node.key, node.id]));
  const request = { auditId, signal: ctx.signal, ...(as ? { as } : {}) };

  for (const held of options.entries) {
    const hold = ctx.cache.holdKind(held.ref, as);
    void hold.synced.then(() => host.poke(REMOVAL)).catch(() => {});
    const off = ctx.cache.on(held.key, () => host.poke(REMOVAL));
    entries.set(held.key, { held, hold, off, attempts: 0, notBefore: 0, failed: false, confirmed: false });
  }

  const finish = (entry: Entry, how: "deleted" | "orphaned" | "left") => {
    entry.off();
    entry.hold.release();
    entries.delete(entry.held.key);
    if (how === "deleted") ctx.count.pruned();
    onGone(entry.held, how);
    host.poke(REMOVAL);
  };

  /** Dependants first; among leftovers, by rank. */
  const isBlocked = ({ held }: Entry, ranks: ReadonlySet<number>): boolean => {
    const id = byKey.get(held.key);
    if (id === undefined) {
      const rank = removalRank(held.ref);
      return [...ranks].some((other) => other < rank);
    }
    return (graph?.dependants.get(id) ?? []).some((dependant) => {
      const node = graph?.nodes.get(dependant);
      return node !== undefined && entries.has(node.key);
    });
  };

  const attempt = (entry: Entry, work: () => Promise<void>) => {
    host.perform(entry.held.key, REMOVAL, async () => {
      try {
        await work();
        entry.attempts = 0;
      } catch (error) {
        if (ctx.signal.aborted) return;
        if (isKind(error, "notFound", "noSuchKind")) return finish(entry, "deleted");
        if (isKind(error, "forbidden") && (await namespaceIsGoing(entry))) return finish(entry, "deleted");
        // Never seen, and of a kind that nobody here may see: it was never sent either.
        if (isKind(error, "forbidden") && !entry.held.uid && !entry.hold.ready())
          return finish(entry, "left");
        entry.attempts += 1;
        const { failed, retryInMs = 60_000 } = verdictOf(error, entry.attempts, ctx.random);
        entry.failed = failed;
        entry.message = errorText(error);
        entry.notBefore = ctx.clock.monotonic() + retryInMs;
        host.pokeAfter(REMOVAL, retryInMs);
      }
      host.changed();
    });
  };

  /** Its namespace is being deleted: Kubernetes removes what is in it, the applier's rights among the first. */
  const namespaceIsGoing = async ({ held }: Entry): Promise<boolean> => {
    const name = held.ref.namespace;
    if (!name) return false;
    const ref = { apiVersion: "v1", kind: "Namespace", name };
    return ctx.kube.get(ref, { signal: ctx.signal }).then(
      (live) => live.metadata.deletionTimestamp !== undefined,
      (error) => isKind(error, "notFound"),
    );
  };

  const confirm = (entry: Entry) =>
    attempt(entry, async () => {
      const live = await readLive(ctx, entry.held.ref, as);
      entry.confirmed = true;
      ctx.cache.put(live);
      host.poke(REMOVAL);
    });

  const remove = (entry: Entry, seen: Seen) => {
    if (entry.held.orphan) {
      return attempt(entry, async () => {
        await ctx.kube.patch(entry.held.ref, unmarkPatch(seen.uid), request);
        finish(entry, "orphaned");
      });
    }
    return attempt(entry, async () => {
      const options = {
        ...request,
        preconditions: { uid: seen.uid },
        propagationPolicy: "Background" as const,
      };
      const result = await ctx.kube.delete(entry.held.ref, options);
      if (result.gone) {
        ctx.cache.forget(entry.held.key, seen.uid);
        finish(entry, "deleted");
      } else if (result.object) ctx.cache.put(result.object);
    });
  };

  const look = (entry: Entry) => {
    // An apply of an earlier run may be on its way: what it makes is to be found, not forgotten.
    if (host.isBusy(entry.held.key, REMOVAL)) return;
    const seen = ctx.cache.get(entry.held.key);
    if (!seen) {
      if (entry.held.uid && !entry.confirmed) return confirm(entry);
      return finish(entry, "deleted");
    }
    if (!mayDelete(seen, entry.held.uid, identity)) return finish(entry, "left");
    if (seen.deleting && !entry.held.orphan) {
      const by = seen.finalizers.length > 0 ? `, held by ${seen.finalizers.join(", ")}` : "";
      entry.message = `is being deleted${by}`;
      entry.confirmed = false;
      return host.changed();
    }
    return remove(entry, seen);
  };

  return {
    step() {
      const now = ctx.clock.monotonic();
      const ranks = new Set([...entries.values()].map(({ held }) => removalRank(held.ref)));
      for (const entry of [...entries.values()]) {
        if (isBlocked(entry, ranks)) continue;
        if (now < entry.notBefore) {
          host.pokeAfter(REMOVAL, entry.notBefore - now);
          continue;
        }
        if (entry.hold.ready() || entry.confirmed) look(entry);
        else if (entry.hold.problem()) confirm(entry);
        else host.pokeAfter(REMOVAL, UNSYNCED_MS);
      }
    },
    has: (key) => entries.has(key),
    leaving: () =>
      [...entries.values()].map(({ held, message, failed }) => ({
        key: held.key,
        ref: held.ref,
        failed,
        ...(message ? { message } : {}),
      })),
    get isDone() {
      return entries.size === 0;
    },
    release() {
      for (const entry of entries.values()) {
        entry.off();
        entry.hold.release();
      }
    },
  };
}
