import { API_VERSION } from "../../domain/desired/index.ts";
import { isForeign } from "../../domain/desired/owner.ts";
import { type Clock, createReflector, type Kube, type LiveObject, type Reflector } from "../kube/index.ts";
import { RESOURCE_KINDS, type ResourceKind } from "./document.ts";
import { type Live, type LiveRef, liveId, liveOf } from "./live.ts";

export interface LiveObjects {
  get(ref: LiveRef): Live | undefined;
  /** All that carry this key: one, but for copies that somebody made. None of another control plane's. */
  withKey(key: string): Live[];
  /** All that carry a key, but those of other control planes. */
  all(): Live[];
  count(kind: ResourceKind): number;
  /** Listed at least once: what is not here is not there. */
  synced(kind: ResourceKind): boolean;
  /** Resolves when each kind was listed; rejects where the signal aborted before. */
  readonly allSynced: Promise<void>;
  /** The answer to a write of ours: the watch brings it later. */
  observe(object: LiveObject): Live;
  stop(): Promise<void>;
}

export interface LiveOptions {
  kube: Kube;
  clock: Clock;
  /** Id of the cluster that we speak for; undefined before it is known. */
  ownCluster: () => string | undefined;
  /** Not told of another control plane's. */
  onChanged: (live: Live) => void;
  onGone: (live: Live) => void;
  onError: (error: unknown) => void;
}

/** The custom resources in the cluster, as far as the desired state is concerned. */
export function watchLive(options: LiveOptions): LiveObjects {
  const { kube, clock } = options;
  const isOwn = ({ cluster }: Live) => !isForeign(cluster, options.ownCluster());
  const objects = new Map<string, Live>();
  const keys = new Map<string, Set<string>>();
  const synced = new Set<ResourceKind>();

  const unindex = (id: string, live: Live) => {
    const ids = live.key === undefined ? undefined : keys.get(live.key);
    ids?.delete(id);
    if (ids?.size === 0 && live.key !== undefined) keys.delete(live.key);
  };
  const put = (live: Live): boolean => {
    const id = liveId(live);
    const held = objects.get(id);
    if (held?.uid === live.uid && !isNewer(live.resourceVersion, held.resourceVersion)) return false;
    if (held) unindex(id, held);
    objects.set(id, live);
    if (live.key !== undefined) keys.set(live.key, (keys.get(live.key) ?? new Set()).add(id));
    return true;
  };
  const changed = (live: Live) => {
    if (put(live) && isOwn(live)) options.onChanged(live);
  };
  const gone = (last: Live) => {
    const id = liveId(last);
    const held = objects.get(id);
    if (held?.uid !== last.uid) return;
    objects.delete(id);
    unindex(id, held);
    if (isOwn(held)) options.onGone(held);
  };
  const follow = (kind: ResourceKind): Reflector<Live> => {
    const type = { apiVersion: API_VERSION, kind };
    const reflector = createReflector<Live>(kube, {
      type,
      clock,
      transform: liveOf,
      onError: options.onError,
    });
    reflector.on({ added: changed, updated: changed, deleted: gone });
    return reflector;
  };
  const reflectors = RESOURCE_KINDS.map(follow);
  const allSynced = Promise.all(
    reflectors.map(async (reflector, i) => {
      await reflector.synced;
      synced.add(RESOURCE_KINDS[i] as ResourceKind);
    }),
  ).then(() => {});
  // Whoever does not wait for it (a cluster without the definitions) must not end the process when it is stopped.
  allSynced.catch(() => {});

  const present = (ids: Iterable<string>): Live[] =>
    [...ids].flatMap((id) => {
      const live = objects.get(id);
      return live && isOwn(live) ? [live] : [];
    });
  return {
    get: (ref) => objects.get(liveId(ref)),
    withKey: (key) => present(keys.get(key) ?? []),
    all: () => [...objects.values()].filter((live) => live.key !== undefined && isOwn(live)),
    count: (kind) => reflectors[RESOURCE_KINDS.indexOf(kind)]?.store.size ?? 0,
    synced: (kind) => synced.has(kind),
    allSynced,
    observe(object) {
      const live = liveOf(object);
      put(live);
      return live;
    },
    async stop() {
      await Promise.all(reflectors.map((reflector) => reflector.stop()));
    },
  };
}

/** Resource versions of one object grow (the API promises it since 1.35, and always kept it). */
function isNewer(version: string, held: string): boolean {
  try {
    return BigInt(version) > BigInt(held);
  } catch {
    return version !== held;
  }
}

/** For a read-only agent, which wrote nothing: there is nothing to compare. */
export const nothingLive: LiveObjects = {
  get: () => undefined,
  withKey: () => [],
  all: () => [],
  count: () => 0,
  synced: () => false,
  allSynced: Promise.resolve(),
  observe() {
    throw new Error("a read-only agent writes nothing");
  },
  stop: async () => {},
};
