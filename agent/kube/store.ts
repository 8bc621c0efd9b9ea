import type { ReflectorHandler, ReflectorStore } from "./reflector-types.ts";

export interface Entry<T> {
  value: T;
  uid: string;
  resourceVersion: string;
}

/**
 * The store of one reflector and those who listen to it. Every change is told exactly once, as the difference
 * between what was stored and what is now: an event that comes twice tells nothing the second time, a DELETED of
 * what is not there tells nothing, and an object that was replaced by another of its name is a deletion and an
 * addition.
 */
export interface NotifyingStore<T> {
  readonly view: ReflectorStore<T>;
  on(handler: ReflectorHandler<T>): () => void;
  upsert(key: string, entry: Entry<T>): void;
  /** `last`: the object's final state where the server told it. */
  remove(key: string, info: { observed: boolean }, last?: T): void;
  /** Makes this the whole content. */
  replace(entries: ReadonlyMap<string, Entry<T>>): void;
}

export function createStore<T>(onHandlerError: (error: unknown) => void): NotifyingStore<T> {
  const entries = new Map<string, Entry<T>>();
  const handlers = new Set<ReflectorHandler<T>>();

  const tell = (call: (handler: ReflectorHandler<T>) => void) => {
    for (const handler of handlers) tellOne(handler, call);
  };
  const tellOne = (handler: ReflectorHandler<T>, call: (handler: ReflectorHandler<T>) => void) => {
    try {
      call(handler);
    } catch (error) {
      onHandlerError(error);
    }
  };

  const store: NotifyingStore<T> = {
    view: viewOf(entries),
    on(handler) {
      // Only what is here now: what this handler causes meanwhile reaches it as an event of its own.
      for (const [key, entry] of [...entries]) tellOne(handler, (h) => h.added?.(entry.value, key));
      handlers.add(handler);
      return () => void handlers.delete(handler);
    },
    upsert(key, entry) {
      const old = entries.get(key);
      if (old && old.uid !== entry.uid) store.remove(key, { observed: false });
      else if (old?.resourceVersion === entry.resourceVersion) return;
      entries.set(key, entry);
      if (old?.uid === entry.uid) tell((h) => h.updated?.(entry.value, old.value, key));
      else tell((h) => h.added?.(entry.value, key));
    },
    remove(key, info, last) {
      const old = entries.get(key);
      if (!old) return;
      entries.delete(key);
      tell((h) => h.deleted?.(last ?? old.value, key, info));
    },
    replace(next) {
      for (const key of [...entries.keys()]) if (!next.has(key)) store.remove(key, { observed: false });
      for (const [key, entry] of next) store.upsert(key, entry);
    },
  };
  return store;
}

function viewOf<T>(entries: ReadonlyMap<string, Entry<T>>): ReflectorStore<T> {
  return {
    get size() {
      return entries.size;
    },
    get: (key) => entries.get(key)?.value,
    has: (key) => entries.has(key),
    keys: () => entries.keys(),
    *values() {
      for (const entry of entries.values()) yield entry.value;
    },
    *entries() {
      for (const [key, entry] of entries) yield [key, entry.value];
    },
  };
}
