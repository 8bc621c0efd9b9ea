import { type Clock, createReflector, type Kube, type Reflector } from "../../kube/index.ts";

/** A watch is a connection: whoever has modules in ConfigMaps in more namespaces waits for the interval there. */
const MAX_NAMESPACES = 128;

/** Tells which modules in ConfigMaps have changed: their names alone are kept, the content is read by who uses it. */
export interface ConfigMapWatches {
  /** What a resource reads: `namespace/name`. Replaces what it read before. */
  set(key: string, names: readonly string[]): void;
  stop(): Promise<void>;
}

export interface ConfigMapWatchesOptions {
  kube: Kube;
  clock: Clock;
  onChanged: (key: string) => void;
  onError: (error: unknown) => void;
}

interface Watched {
  reflector: Reflector<string>;
  /** Resources by the name that they read. */
  readers: Map<string, Set<string>>;
}

export function createConfigMapWatches(options: ConfigMapWatchesOptions): ConfigMapWatches {
  const { kube, clock, onChanged, onError } = options;
  const watches = new Map<string, Watched>();
  const held = new Map<string, readonly string[]>();
  const stopping = new Set<Promise<void>>();

  const open = (namespace: string): Watched => {
    const readers = new Map<string, Set<string>>();
    const reflector = createReflector<string>(kube, {
      type: { apiVersion: "v1", kind: "ConfigMap" },
      ...{ namespace, clock, onError },
      transform: ({ metadata }) => metadata.name,
    });
    const tell = (name: string) => {
      for (const key of readers.get(name) ?? []) onChanged(key);
    };
    // What is there at first is told once, when all of it is: it may have changed since it was read.
    let isNews = false;
    const added = (name: string) => isNews && tell(name);
    reflector.on({ added, updated: tell, deleted: tell });
    reflector.synced.then(
      () => {
        isNews = true;
        for (const name of readers.keys()) tell(name);
      },
      () => {},
    );
    const watched = { reflector, readers };
    watches.set(namespace, watched);
    return watched;
  };
  const leave = (key: string, one: string) => {
    const [namespace = "", name = ""] = one.split("/");
    const watched = watches.get(namespace);
    const keys = watched?.readers.get(name);
    if (!watched || !keys) return;
    keys.delete(key);
    if (keys.size === 0) watched.readers.delete(name);
    if (watched.readers.size > 0) return;
    watches.delete(namespace);
    const stopped = watched.reflector.stop().finally(() => stopping.delete(stopped));
    stopping.add(stopped);
  };
  const enter = (key: string, one: string) => {
    const [namespace = "", name = ""] = one.split("/");
    const watched = watches.get(namespace) ?? (watches.size < MAX_NAMESPACES ? open(namespace) : undefined);
    if (!watched) return;
    const keys = watched.readers.get(name) ?? new Set();
    watched.readers.set(name, keys.add(key));
  };

  return {
    set(key, names) {
      const before = held.get(key) ?? [];
      for (const one of names) if (!before.includes(one)) enter(key, one);
      for (const one of before) if (!names.includes(one)) leave(key, one);
      if (names.length > 0) held.set(key, names);
      else held.delete(key);
    },
    async stop() {
      for (const { reflector } of watches.values()) stopping.add(reflector.stop());
      watches.clear();
      await Promise.all(stopping);
    },
  };
}
