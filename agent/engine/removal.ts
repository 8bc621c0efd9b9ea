import type { Identity } from "../kube/index.ts";
import { isKind, type KubeError } from "../kube/index.ts";
import { errorText } from "../log.ts";
import { whyNeeded } from "./contents.ts";
import { isNamespaceGoing } from "./forsaken.ts";
import type { Hold } from "./hold.ts";
import type { Host } from "./host.ts";
import type { Held } from "./inventory.ts";
import { graceOf, keptForMs, type PrunePlan, whyNever } from "./keeping.ts";
import { type GraphIdentity, unmarkPatch } from "./marks.ts";
import type { Graph, Seen } from "./model.ts";
import { mayDelete } from "./ownership.ts";
import { readLive } from "./read.ts";
import { removalOrder, type Waits } from "./removal-order.ts";
import { verdictOf } from "./retry.ts";
import { otherVersionOf } from "./served.ts";
import type { Leaving } from "./snapshot.ts";

export interface RemovalOptions {
  host: Host;
  identity: GraphIdentity;
  as?: Identity;
  auditId: () => string;
  /** Where the entries stand in it, what depends on them goes first. */
  graph?: Graph;
  entries: readonly Held[];
  /** A prune; else the whole graph goes, and what is not deleted is let go. */
  prune?: PrunePlan;
  /** Told when an entry has gone, was let go or was not ours; `why` where it was let go instead of deleted. */
  onGone: (held: Held, how: Gone, why?: string) => void;
}

/** `orphaned`: still there, without our mark. `left`: it was not ours. */
export type Gone = "deleted" | "orphaned" | "left";

/** Objects on their way out: of a prune, or of a whole graph. */
export interface Removal {
  /** Starts what may start; call it whenever something may have changed. */
  step(): void;
  has(key: string): boolean;
  leaving(): Leaving[];
  readonly isDone: boolean;
  /** What is still under way is told all the same. */
  readonly isReleased: boolean;
  release(): void;
}

interface Entry {
  held: Held;
  hold: Hold;
  /** Of an object that has lost its label: no watch of its kind tells that it goes. */
  watch?: Hold;
  offs: (() => void)[];
  attempts: number;
  notBefore: number;
  failed: boolean;
  message?: string | undefined;
  /** It stays for now, for the reason of its message; looked at again, ever more rarely. */
  kept: boolean;
  /** Its version when that was found. */
  keptAt?: string | undefined;
  looks: number;
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
/** How often it is asked for by name where nobody may watch its kind. */
const UNWATCHED_MS = 5_000;
/** The longest timer; a grace period may be a year. */
const LONGEST_MS = 3_600_000;

export function createRemoval(options: RemovalOptions): Removal {
  const { host, identity, as, auditId, graph, prune, onGone } = options;
  const { ctx } = host;
  const entries = new Map<string, Entry>();
  const byKey = new Map([...(graph?.nodes.values() ?? [])].map((node) => [node.key, node.id]));
  const gone = new Set<string>();
  let released = false;
  /** Nothing more may be sent for now: that one is free pokes. */
  let full = false;
  /** Of a step that came to its end; less waits as entries go, so until the next one does it holds. */
  let order: Waits | undefined;
  const request = { auditId, signal: ctx.signal, ...(as ? { as } : {}) };

  for (const held of options.entries) {
    const hold = ctx.cache.holdKind(held.ref, as);
    const offs = [hold.on(() => host.poke(REMOVAL)), ctx.cache.on(held.key, () => host.poke(REMOVAL))];
    entries.set(held.key, {
      ...{ held, hold, offs, attempts: 0, notBefore: 0, failed: false, confirmed: false },
      ...{ kept: false, looks: 0 },
    });
  }

  const finish = (entry: Entry, how: Gone, why?: string) => {
    letOff(entry);
    entries.delete(entry.held.key);
    if (how === "deleted" && entry.held.uid) gone.add(entry.held.uid);
    ctx.count.pruned(how);
    onGone(entry.held, how, why);
    host.poke(REMOVAL);
  };

  /** Dependants first; where no graph says it, by what may need it. */
  const isBlocked = ({ held }: Entry, waits: Waits): boolean => {
    const id = byKey.get(held.key);
    if (id === undefined) return waits(held.ref);
    return (graph?.dependants.get(id) ?? []).some((dependant) => {
      const node = graph?.nodes.get(dependant);
      return node !== undefined && entries.has(node.key);
    });
  };

  const attempt = (entry: Entry, work: () => Promise<void>) => {
    const isSent = host.perform(entry.held.key, REMOVAL, async () => {
      try {
        await work();
        entry.attempts = 0;
        entry.failed = false;
      } catch (caught) {
        if (ctx.signal.aborted) return;
        const error = isKind(caught, "noSuchKind") ? await followVersion(entry, caught) : caught;
        if (error === undefined) return host.poke(REMOVAL);
        if (isKind(error, "notFound", "noSuchKind")) return finish(entry, "deleted");
        // Kubernetes removes what is in a namespace that goes, the applier's rights among the first.
        if (isKind(error, "forbidden") && (await isNamespaceGoing(ctx, entry.held.ref.namespace)))
          return finish(entry, "deleted");
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
    if (!isSent) full = true;
  };

  /** Goes on with another version of its kind. The answer: what stands in the way of that. */
  const followVersion = async (entry: Entry, denied: KubeError): Promise<unknown> => {
    try {
      const ref = await otherVersionOf(ctx.kube, entry.held.ref, denied);
      if (!ref) return denied;
      if (released) return undefined;
      entry.held = { ...entry.held, ref };
      // The watch of its kind asks for the version that is gone.
      entry.watch ??= ctx.cache.holdOne(ref, as);
      return undefined;
    } catch (error) {
      return error;
    }
  };

  const confirm = (entry: Entry) =>
    attempt(entry, async () => {
      const live = await readLive(ctx, entry.held.ref, as);
      entry.confirmed = true;
      ctx.cache.put(live);
      host.poke(REMOVAL);
    });

  const unmark = async (entry: Entry, seen: Seen, why?: string) => {
    await ctx.kube.patch(entry.held.ref, unmarkPatch(seen.uid), request);
    finish(entry, "orphaned", why);
  };
  const letGo = (entry: Entry, seen: Seen, why?: string) => attempt(entry, () => unmark(entry, seen, why));

  const remove = (entry: Entry, seen: Seen) =>
    attempt(entry, async () => {
      const why = await whyNeeded(ctx, entry.held, as, gone);
      // The graph that came meanwhile may name it.
      if (released) return;
      if (why !== undefined) return prune ? keep(entry, why) : unmark(entry, seen, why);
      if (prune?.dryRun) return keep(entry, "would be pruned: spec.prune.dryRun is on");
      const options = {
        ...request,
        preconditions: { uid: seen.uid },
        // Said to each kind: the default of some leaves what they own behind.
        propagationPolicy: "Background" as const,
      };
      const result = await ctx.kube.delete(entry.held.ref, options);
      unkeep(entry);
      if (result.gone) {
        ctx.cache.forget(entry.held.key, seen.uid);
        finish(entry, "deleted");
      } else if (result.object) ctx.cache.put(result.object);
    });

  /** From now on others wait for it. */
  const unkeep = (entry: Entry) => {
    if (entry.kept) order = undefined;
    entry.kept = false;
  };

  /** Nothing that its owner has to ask for again: it is looked at again after a while, or when it changes. */
  const keep = (entry: Entry, why: string, forMs?: number) => {
    if (!entry.kept) ctx.count.kept();
    entry.kept = true;
    entry.keptAt = ctx.cache.get(entry.held.key)?.resourceVersion;
    entry.message = `left the graph, and is kept: ${why}`;
    entry.notBefore = ctx.clock.monotonic() + Math.min(LONGEST_MS, forMs ?? keptForMs(entry.looks));
    entry.looks += 1;
    host.pokeAfter(REMOVAL, entry.notBefore - ctx.clock.monotonic());
    host.changed();
  };

  const look = (entry: Entry) => {
    // An apply of an earlier run may be on its way: what it makes is to be found, not forgotten.
    if (host.isBusy(entry.held.key, REMOVAL)) return;
    const seen = ctx.cache.get(entry.held.key);
    if (!seen) {
      if (entry.held.uid && !entry.confirmed) return confirm(entry);
      const lateMs = entry.held.uid ? 0 : ctx.lateUntil - ctx.clock.monotonic();
      if (lateMs <= 0) return finish(entry, "deleted");
      entry.message = "not there, but a request of a former process may still make it";
      host.pokeAfter(REMOVAL, lateMs);
      return host.changed();
    }
    if (!seen.labelled) entry.watch ??= ctx.cache.holdOne(entry.held.ref, as);
    if (!mayDelete(seen, entry.held.uid, identity)) return finish(entry, "left");
    if (entry.held.orphan) return letGo(entry, seen);
    if (seen.deleting) {
      const by = seen.finalizers.length > 0 ? `, held by ${seen.finalizers.join(", ")}` : "";
      entry.message = `is being deleted${by}`;
      unkeep(entry);
      entry.confirmed = false;
      // No watch tells when it has gone.
      if (!entry.hold.ready()) host.pokeAfter(REMOVAL, UNWATCHED_MS);
      return host.changed();
    }
    const why = whyNever(entry.held, seen);
    if (why !== undefined) return prune ? keep(entry, why) : letGo(entry, seen, why);
    const grace = graceOf(entry.held, prune, ctx.clock.now());
    if (grace) return keep(entry, `it goes at ${grace.goesAt}, after its grace period`, grace.leftMs);
    return remove(entry, seen);
  };

  const waitingFor = (entry: Entry, now: number): boolean => {
    if (now >= entry.notBefore) return false;
    // What keeps it stands on the object itself: that is seen at once.
    const seen = entry.kept ? ctx.cache.get(entry.held.key) : undefined;
    if (entry.kept && (!seen || seen.resourceVersion !== entry.keptAt)) return false;
    host.pokeAfter(REMOVAL, entry.notBefore - now);
    return true;
  };

  return {
    step() {
      const now = ctx.clock.monotonic();
      // What is kept holds nothing up: what it still needs is asked for one by one.
      const waits =
        order ?? removalOrder([...entries.values()].flatMap(({ held, kept }) => (kept ? [] : [held.ref])));
      order = waits;
      full = false;
      for (const entry of entries.values()) {
        if (isBlocked(entry, waits) || waitingFor(entry, now)) continue;
        if (entry.hold.ready() || entry.confirmed) look(entry);
        else if (!entry.hold.problem()) host.pokeAfter(REMOVAL, UNSYNCED_MS);
        else if (!host.isBusy(entry.held.key, REMOVAL)) confirm(entry);
        // A step is taken at each answer: to look at all that cannot be sent yet would cost the square of them.
        if (full) return;
      }
      order = undefined;
    },
    has: (key) => entries.has(key),
    leaving: () =>
      [...entries.values()].map(({ held, message, failed, kept }) => ({
        key: held.key,
        ref: held.ref,
        failed,
        kept: kept && !failed,
        ...(message ? { message } : {}),
      })),
    get isDone() {
      return entries.size === 0;
    },
    get isReleased() {
      return released;
    },
    release() {
      released = true;
      for (const entry of entries.values()) letOff(entry);
    },
  };
}

function letOff({ offs, hold, watch }: Entry): void {
  for (const off of offs) off();
  hold.release();
  watch?.release();
}
