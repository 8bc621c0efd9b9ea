import {
  type Clock,
  createReflector,
  groupKind,
  type Identity,
  isKind,
  type Kube,
  type Reflector,
  refString,
  type TypeRef,
} from "../kube/index.ts";
import type { Hold } from "./hold.ts";
import type { Known } from "./known.ts";
import { isNewer, type Seen } from "./model.ts";

/** A watch that nobody needs stays this long: the next revision often needs it again. */
const LINGER_MS = 60_000;

/** What a watch shows. */
export interface Scope {
  /** Of the one object that it is about. */
  key?: string;
  as?: Identity;
  labelSelector?: string;
  fieldSelector?: string;
  namespace?: string;
}

interface Watched {
  reflector: Reflector<Seen>;
  scope: Omit<Scope, "key">;
  /** Listed, and not refused since. */
  ready: boolean;
  /** Of those who hold it. */
  listeners: Set<() => void>;
  holders: number;
  /** Resolves when the API server has refused it. */
  refused: PromiseWithResolvers<void>;
}

/** The watches of a cache, each shared by all who hold it. */
export interface Watches {
  /** `id`: of this type and scope. */
  hold(id: string, type: TypeRef, scope: Scope): Hold & { refused: Promise<void> };
  count(): number;
  stop(): Promise<void>;
}

export interface WatchesOptions {
  kube: Kube;
  clock: Clock;
  signal: AbortSignal;
  onError: (what: string, error: unknown) => void;
  known: Known;
}

export function createWatches({ kube, clock, signal, onError, known }: WatchesOptions): Watches {
  const watches = new Map<string, Watched>();

  /** What lost its label only has left the watch of its kind, and no other. */
  const isShownByName = (key: string, uid: string, gone: Watched): boolean => {
    for (const [id, watched] of watches) {
      if (watched === gone || !(id === key || id.startsWith(`${key} `))) continue;
      for (const seen of watched.reflector.store.values()) if (seen.uid === uid) return true;
    }
    return false;
  };

  /** What a watch still shows that was refused, and this one of the same objects does not. */
  const supersede = (by: Watched) => {
    const { namespace, labelSelector } = by.scope;
    for (const { ready, scope, reflector } of watches.values()) {
      if (ready || scope.labelSelector !== labelSelector) continue;
      if (groupKind(reflector.type) !== groupKind(by.reflector.type)) continue;
      for (const [name, { ref, uid }] of reflector.store.entries())
        if ((namespace === undefined || ref.namespace === namespace) && !by.reflector.store.has(name))
          known.drop(refString(ref), uid);
    }
  };
  const turn = (watched: Watched, ready: boolean) => {
    if (watched.ready === ready) return;
    watched.ready = ready;
    for (const listener of [...watched.listeners]) listener();
  };

  const open = (id: string, type: TypeRef, { key, ...scope }: Scope): Watched => {
    const reflector = createReflector<Seen>(kube, {
      type,
      ...scope,
      transform: known.see,
      clock,
      onError(error) {
        if (isKind(error, "forbidden")) {
          turn(watched, false);
          watched.refused.resolve();
        }
        onError(id, error);
      },
      onListed() {
        // An answer to a read came in before the watch did, and what it told of has gone in between.
        if (key && reflector.store.size === 0) known.evict(key);
        if (!key) supersede(watched);
        turn(watched, true);
      },
    });
    const watched: Watched = {
      ...{ reflector, scope, ready: false, holders: 0 },
      ...{ listeners: new Set(), refused: Promise.withResolvers() },
    };
    reflector.on({
      added: known.take,
      updated: known.take,
      deleted: ({ ref, uid, resourceVersion }) => {
        const key = refString(ref);
        const held = known.get(key);
        known.ended(key, resourceVersion);
        // A lost label carries the version of that change; an end carries a newer one than anybody has seen.
        const isEnd = held !== undefined && isNewer(resourceVersion, held.resourceVersion);
        if (isEnd || !isShownByName(key, uid, watched)) known.drop(key, uid);
      },
    });
    watches.set(id, watched);
    return watched;
  };
  const close = async (id: string, watched: Watched) => {
    await clock.sleep(LINGER_MS, signal).catch(() => {});
    if (watched.holders > 0 || watches.get(id) !== watched) return;
    watches.delete(id);
    const kind = groupKind(watched.reflector.type);
    const others = [...watches.values()].filter(({ reflector }) => groupKind(reflector.type) === kind);
    // What another watch shows too stays known.
    for (const [key, seen] of watched.reflector.store.entries())
      if (!others.some(({ reflector }) => reflector.store.get(key)?.uid === seen.uid))
        known.drop(refString(seen.ref), seen.uid);
    await watched.reflector.stop();
  };
  const hold = (id: string, type: TypeRef, scope: Scope): Hold & { refused: Promise<void> } => {
    const watched = watches.get(id) ?? open(id, type, scope);
    watched.holders += 1;
    let held = true;
    return {
      ready: () => watched.ready,
      isLost: () => !watched.ready && watched.reflector.health().synced,
      on(listener) {
        watched.listeners.add(listener);
        return () => void watched.listeners.delete(listener);
      },
      synced: watched.reflector.synced,
      refused: watched.refused.promise,
      problem: () => watched.reflector.health().lastError,
      release() {
        if (!held) return;
        held = false;
        watched.holders -= 1;
        if (watched.holders === 0) void close(id, watched);
      },
    };
  };

  return {
    hold,
    count: () => watches.size,
    async stop() {
      await Promise.all([...watches.values()].map(({ reflector }) => reflector.stop()));
    },
  };
}
