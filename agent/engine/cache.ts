import {
  type Clock,
  groupKind,
  type Identity,
  type Kube,
  type LiveObject,
  type ObjectRef,
  refString,
} from "../kube/index.ts";
import { eitherOf, type Hold } from "./hold.ts";
import { createKnown } from "./known.ts";
import { MANAGED_SELECTOR } from "./marks.ts";
import type { Seen } from "./model.ts";
import { createWatches, type Scope } from "./watches.ts";

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

export interface CacheOptions {
  kube: Kube;
  clock: Clock;
  signal: AbortSignal;
  onError: (what: string, error: unknown) => void;
}

export function createCache({ kube, clock, signal, onError }: CacheOptions): Cache {
  const known = createKnown(clock);
  const { hold, ...watches } = createWatches({ kube, clock, signal, onError, known });

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
    get: known.get,
    keepWhole: known.keepWhole,
    put: (live) => known.take(known.see(live)),
    forget: known.drop,
    on: known.on,
    stats: () => ({ watches: watches.count(), objects: known.count() }),
    stop: watches.stop,
  };
}

const scopeOfOne = (ref: ObjectRef): { id: string; scope: Scope } => {
  const key = refString(ref);
  const { namespace } = ref;
  const scope = { key, fieldSelector: `metadata.name=${ref.name}`, ...(namespace ? { namespace } : {}) };
  return { id: key, scope };
};
