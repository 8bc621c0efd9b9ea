import {
  type Clock,
  createReflector,
  groupKind,
  type Identity,
  isKind,
  type Kube,
  type LiveObject,
  type ObjectRef,
  type Reflector,
  refOf,
  refString,
  type TypeRef,
} from "../kube/index.ts";
import { createEnded } from "./ended.ts";
import { eitherOf, type Hold } from "./hold.ts";
import { MANAGED_SELECTOR } from "./marks.ts";
import { isNewer, type Seen } from "./model.ts";
import { seenOf } from "./seen.ts";

/** A watch that nobody needs stays this long: the next revision often needs it again. */
const LINGER_MS = 60_000;

/**
 * What the engine knows of the cluster: one watch a kind over all namespaces, of the objects with our label; one watch
 * an object for what is not labelled. They are made when the first graph needs them and shared by all. The answer to a
 * write of ours counts at once, before the watch brings it.
 */
export interface Cache {
  /**
   * All objects of this object's kind that have our label. Where the agent may not see that kind (Secrets, by the
   * chart), those of the object's namespace, seen with the rights of `as`.
   */
  holdKind(ref: ObjectRef, as?: Identity): Hold;
  /**
   * One object by name, whoever's it is; with the rights of `as` where the agent may not see it. When it is ready, what
   * was known of an object that is not there is forgotten.
   */
  holdOne(ref: ObjectRef, as?: Identity): Hold;
  /**
   * The same with the rights of `as` alone (undefined: the agent's). What is seen stands in one place for all: whether it
   * may be told to others is for sight.ts to judge.
   */
  holdOneAs(ref: ObjectRef, as: Identity | undefined): Hold;
  get(key: string): Seen | undefined;
  /**
   * From now on what is seen of this object carries the object itself; what is known already does not, until it is read
   * anew (`put`). Returns the way to let it go.
   */
  keepWhole(key: string): () => void;
  /** Takes the answer to a write. */
  put(live: LiveObject): Seen;
  /** It is gone, says the API server. */
  forget(key: string, uid: string): void;
  /** Told after each change of this object; returns the way to take it off. */
  on(key: string, listener: () => void): () => void;
  stats(): { watches: number; objects: number };
  stop(): Promise<void>;
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

export interface CacheOptions {
  kube: Kube;
  clock: Clock;
  signal: AbortSignal;
  onError: (what: string, error: unknown) => void;
}

export function createCache({ kube, clock, signal, onError }: CacheOptions): Cache {
  const watches = new Map<string, Watched>();
  const objects = new Map<string, Seen>();
  const listeners = new Map<string, Set<() => void>>();
  const ended = createEnded(clock);
  /** Keys whose objects are kept whole, and for how many. */
  const whole = new Map<string, number>();

  const see = (object: LiveObject): Seen => {
    const ref = refOf(object);
    const key = refString(ref);
    const isWhole = whole.has(key);
    const held = objects.get(key);
    // The watch brings what the answer to an apply has told: it is read once.
    if (held && !isWhole && isVersion(held, object)) return held;
    const seen = seenOf(object);
    return isWhole ? { ...seen, object: withoutManagedFields(object) } : seen;
  };
  const tell = (key: string) => {
    for (const listener of [...(listeners.get(key) ?? [])]) listener();
  };
  const take = (seen: Seen): Seen => {
    const key = refString(seen.ref);
    const held = objects.get(key);
    if (ended.isPast(key, seen.resourceVersion)) return held ?? seen;
    // Versions of one cluster compare across lives of a name: what lags behind never hides what we know.
    const completes =
      seen.object && !held?.object && held?.uid === seen.uid && held.resourceVersion === seen.resourceVersion;
    if (held && !completes && !isNewer(seen.resourceVersion, held.resourceVersion)) return held;
    objects.set(key, seen);
    tell(key);
    return seen;
  };
  const drop = (key: string, uid: string) => {
    if (objects.get(key)?.uid !== uid) return;
    objects.delete(key);
    tell(key);
  };

  /** What lost its label only has left the watch of its kind, and no other. */
  const isShownByName = (key: string, uid: string, gone: Watched): boolean => {
    for (const [id, watched] of watches) {
      if (watched === gone || !(id === key || id.startsWith(`${key} `))) continue;
      for (const seen of watched.reflector.store.values()) if (seen.uid === uid) return true;
    }
    return false;
  };

  /** An answer to a read came in before the watch did, and what it told of has gone in between. */
  const evict = (key: string) => {
    if (objects.delete(key)) tell(key);
  };

  /** What a watch still shows that was refused, and this one of the same objects does not. */
  const supersede = (by: Watched) => {
    const { namespace, labelSelector } = by.scope;
    for (const { ready, scope, reflector } of watches.values()) {
      if (ready || scope.labelSelector !== labelSelector) continue;
      if (groupKind(reflector.type) !== groupKind(by.reflector.type)) continue;
      for (const [name, { ref, uid }] of reflector.store.entries())
        if (ref.namespace === namespace && !by.reflector.store.has(name)) drop(refString(ref), uid);
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
      transform: see,
      clock,
      onError(error) {
        if (isKind(error, "forbidden")) {
          turn(watched, false);
          watched.refused.resolve();
        }
        onError(id, error);
      },
      onListed() {
        if (key && reflector.store.size === 0) evict(key);
        if (!key) supersede(watched);
        turn(watched, true);
      },
    });
    const watched: Watched = {
      ...{ reflector, scope, ready: false, holders: 0 },
      ...{ listeners: new Set(), refused: Promise.withResolvers() },
    };
    reflector.on({
      added: take,
      updated: take,
      deleted: ({ ref, uid, resourceVersion }) => {
        const key = refString(ref);
        const held = objects.get(key);
        ended.note(key, resourceVersion);
        // A lost label carries the version of that change; an end carries a newer one than anybody has seen.
        const isEnd = held !== undefined && isNewer(resourceVersion, held.resourceVersion);
        if (isEnd || !isShownByName(key, uid, watched)) drop(key, uid);
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
        drop(refString(seen.ref), seen.uid);
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
    holdKind(ref, as) {
      const kind = groupKind(ref);
      const wide = hold(kind, ref, { labelSelector: MANAGED_SELECTOR });
      if (!as) return wide;
      const scope = {
        labelSelector: MANAGED_SELECTOR,
        as,
        ...(ref.namespace ? { namespace: ref.namespace } : {}),
      };
      return eitherOf(wide, wide.refused, () => hold(`${kind} ${JSON.stringify(scope)}`, ref, scope));
    },
    holdOne(ref, as) {
      const { id, scope } = scopeOfOne(ref);
      const one = hold(id, ref, scope);
      if (!as) return one;
      return eitherOf(one, one.refused, () => hold(`${id} ${JSON.stringify(as)}`, ref, { ...scope, as }));
    },
    holdOneAs(ref, as) {
      const { id, scope } = scopeOfOne(ref);
      return as ? hold(`${id} ${JSON.stringify(as)}`, ref, { ...scope, as }) : hold(id, ref, scope);
    },
    get: (key) => objects.get(key),
    keepWhole(key) {
      whole.set(key, (whole.get(key) ?? 0) + 1);
      let kept = true;
      return () => {
        if (!kept) return;
        kept = false;
        const left = (whole.get(key) ?? 1) - 1;
        if (left > 0) return void whole.set(key, left);
        whole.delete(key);
        const held = objects.get(key);
        if (held) delete held.object;
      };
    },
    put: (live) => take(see(live)),
    forget: drop,
    on(key, listener) {
      const set = listeners.get(key) ?? new Set();
      listeners.set(key, set.add(listener));
      return () => {
        set.delete(listener);
        if (set.size === 0 && listeners.get(key) === set) listeners.delete(key);
      };
    },
    stats: () => ({ watches: watches.size, objects: objects.size }),
    async stop() {
      await Promise.all([...watches.values()].map(({ reflector }) => reflector.stop()));
    },
  };
}

const scopeOfOne = (ref: ObjectRef): { id: string; scope: Scope } => {
  const key = refString(ref);
  const { namespace } = ref;
  const scope = { key, fieldSelector: `metadata.name=${ref.name}`, ...(namespace ? { namespace } : {}) };
  return { id: key, scope };
};

const isVersion = (held: Seen, { apiVersion, metadata }: LiveObject): boolean =>
  held.resourceVersion === metadata.resourceVersion &&
  held.uid === metadata.uid &&
  held.ref.apiVersion === apiVersion;

function withoutManagedFields(object: LiveObject): LiveObject {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

interface Scope {
  /** Of the one object that it is about. */
  key?: string;
  as?: Identity;
  labelSelector?: string;
  fieldSelector?: string;
  namespace?: string;
}
