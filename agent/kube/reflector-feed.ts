import { KubeError } from "./errors.ts";
import { objectKey } from "./names.ts";
import type { Identity, Selectors } from "./options.ts";
import { readPages } from "./pages.ts";
import type { Reflector, ReflectorHealth, ReflectorOptions } from "./reflector-types.ts";
import { createStore, type Entry } from "./store.ts";
import type { Kube, LiveObject } from "./types.ts";
import type { WatchEvent } from "./watch.ts";

const INITIAL_EVENTS_END = "k8s.io/initial-events-end";

/**
 * Events and lists in, store and handlers out. While initial events come they are gathered aside and replace the
 * store's content at their end, so that readers never see half a list.
 */
export interface Feed<T> extends Pick<Reflector<T>, "store" | "synced" | "on"> {
  readonly events: number;
  /** True between `beginInitial` and the bookmark that ends the initial events. */
  readonly initial: boolean;
  beginInitial(): void;
  /** Takes one event; the version up to which all is now known, undefined while initial events come. */
  take(event: WatchEvent): string | undefined;
  /** Replaces everything by a LIST; resolves with its version. */
  readList(kube: Kube, scope: Selectors & { as?: Identity }, signal: AbortSignal): Promise<string>;
  counts(): Pick<ReflectorHealth, "synced" | "objects" | "events" | "handlerErrors">;
  /** No more will come. */
  end(): void;
}

export function createFeed<T>(options: ReflectorOptions<T>, onError: (error: unknown) => void): Feed<T> {
  const { type } = options;
  const transform = options.transform ?? ((object: LiveObject) => withoutManagedFields(object) as T);
  let gathering: Map<string, Entry<T>> | undefined;
  let version = "";
  let isSynced = false;
  let events = 0;
  let handlerErrors = 0;
  const synced = Promise.withResolvers<void>();
  // Whoever does not wait for it must not be told of its rejection.
  synced.promise.catch(() => {});
  const failed = (error: unknown) => {
    handlerErrors += 1;
    onError(error);
  };
  const store = createStore<T>(failed);

  /** Undefined where the transform threw: the object stays as it was known. */
  const entryOf = (object: LiveObject): Entry<T> | undefined => {
    const { uid, resourceVersion } = object.metadata;
    try {
      return { value: transform(object), uid, resourceVersion };
    } catch (error) {
      failed(error);
      return undefined;
    }
  };
  const upsertInto = (target: { set(key: string, entry: Entry<T>): void }, object: LiveObject) => {
    const entry = entryOf(object);
    if (entry) target.set(objectKey(object), entry);
  };
  const replace = (entries: Map<string, Entry<T>>, resourceVersion: string) => {
    gathering = undefined;
    version = resourceVersion;
    store.replace(entries);
    isSynced = true;
    synced.resolve();
    options.onListed?.();
  };
  const takeInitial = (
    target: Map<string, Entry<T>>,
    { type: kind, object }: WatchEvent,
  ): string | undefined => {
    if (kind === "DELETED") target.delete(objectKey(object));
    else if (kind !== "BOOKMARK") upsertInto(target, object);
    else if (object.metadata.annotations?.[INITIAL_EVENTS_END] === "true") {
      replace(target, object.metadata.resourceVersion);
      return version;
    }
    return undefined;
  };

  return {
    store: store.view,
    synced: synced.promise,
    on: store.on,
    get events() {
      return events;
    },
    get initial() {
      return gathering !== undefined;
    },
    beginInitial() {
      gathering = new Map();
    },
    take(event) {
      events += 1;
      if (gathering) return takeInitial(gathering, event);
      const { object } = event;
      if (event.type === "BOOKMARK") assertNotBack(version, object.metadata.resourceVersion);
      else if (event.type === "DELETED")
        store.remove(objectKey(object), { observed: true }, entryOf(object)?.value);
      else upsertInto({ set: store.upsert }, object);
      version = object.metadata.resourceVersion;
      return version;
    },
    async readList(kube, scope, signal) {
      gathering = undefined;
      let entries = new Map<string, Entry<T>>();
      const reader = {
        page: (items: LiveObject[]) => {
          for (const item of items) upsertInto(entries, item);
        },
        restart: () => {
          entries = new Map();
        },
      };
      const resourceVersion = await readPages(kube, type, { ...scope, signal }, reader);
      replace(entries, resourceVersion);
      return resourceVersion;
    },
    counts: () => ({ synced: isSynced, objects: store.view.size, events, handlerErrors }),
    end: () => synced.reject(new Error("the reflector was stopped before its first list")),
  };
}

/** A bookmark below what was seen: the cluster's storage was restored from a backup, its history is another one. */
function assertNotBack(seen: string, bookmark: string): void {
  if (!/^\d+$/.test(seen) || !/^\d+$/.test(bookmark) || BigInt(bookmark) >= BigInt(seen)) return;
  const init = { kind: "transient", status: 200, reason: "WentBack" } as const;
  throw new KubeError(`the server's version went back from ${seen} to ${bookmark}`, init);
}

/** managedFields are often half of an object, and nobody but the apply engine reads them. */
function withoutManagedFields(object: LiveObject): LiveObject {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}
