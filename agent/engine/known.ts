import { type Clock, type LiveObject, refOf, refString } from "../kube/index.ts";
import { createEnded } from "./ended.ts";
import { isNewer, type Seen } from "./model.ts";
import { seenOf } from "./seen.ts";

/** The newest that is known of each object, from watches and from answers, and who is told when that changes. */
export interface Known {
  get(key: string): Seen | undefined;
  /** What there is to know of an object, and nothing more than is asked for. */
  see(object: LiveObject): Seen;
  /** Takes it where it is newer; what is then known. */
  take(seen: Seen): Seen;
  /** The object of this UID is gone. */
  drop(key: string, uid: string): void;
  /** Nothing of this name is there. */
  evict(key: string): void;
  /** A watch has seen the end of what had this version: answers that come in later tell of nothing that is there. */
  ended(key: string, resourceVersion: string): void;
  /** See `Cache.keepWhole`. */
  keepWhole(key: string): () => void;
  /** Told after each change of this object; returns the way to take it off. */
  on(key: string, listener: () => void): () => void;
  count(): number;
}

export function createKnown(clock: Clock): Known {
  const objects = new Map<string, Seen>();
  const listeners = new Map<string, Set<() => void>>();
  const ended = createEnded(clock);
  /** Keys whose objects are kept whole, and for how many. */
  const whole = new Map<string, number>();

  const tell = (key: string) => {
    for (const listener of [...(listeners.get(key) ?? [])]) listener();
  };

  return {
    get: (key) => objects.get(key),
    see(object) {
      const key = refString(refOf(object));
      const isWhole = whole.has(key);
      const held = objects.get(key);
      // The watch brings what the answer to an apply has told: it is read once.
      if (held && !isWhole && isVersion(held, object)) return held;
      const seen = seenOf(object);
      return isWhole ? { ...seen, object: withoutManagedFields(object) } : seen;
    },
    take(seen) {
      const key = refString(seen.ref);
      const held = objects.get(key);
      if (ended.isPast(key, seen.resourceVersion)) return held ?? seen;
      // Versions of one cluster compare across lives of a name: what lags behind never hides what we know.
      const completes =
        seen.object &&
        !held?.object &&
        held?.uid === seen.uid &&
        held.resourceVersion === seen.resourceVersion;
      if (held && !completes && !isNewer(seen.resourceVersion, held.resourceVersion)) return held;
      objects.set(key, seen);
      tell(key);
      return seen;
    },
    drop(key, uid) {
      if (objects.get(key)?.uid !== uid) return;
      objects.delete(key);
      tell(key);
    },
    evict(key) {
      if (objects.delete(key)) tell(key);
    },
    ended: ended.note,
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
    on(key, listener) {
      const set = listeners.get(key) ?? new Set();
      listeners.set(key, set.add(listener));
      return () => {
        set.delete(listener);
        if (set.size === 0 && listeners.get(key) === set) listeners.delete(key);
      };
    },
    count: () => objects.size,
  };
}

const isVersion = (held: Seen, { apiVersion, metadata }: LiveObject): boolean =>
  held.resourceVersion === metadata.resourceVersion &&
  held.uid === metadata.uid &&
  held.ref.apiVersion === apiVersion;

function withoutManagedFields(object: LiveObject): LiveObject {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}
