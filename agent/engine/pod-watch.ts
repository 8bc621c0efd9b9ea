import {
  type Clock,
  createReflector,
  type Identity,
  type Kube,
  type LiveObject,
  type Reflector,
} from "../kube/index.ts";
import { at, text } from "./model.ts";
import { podTrouble, type Trouble } from "./readiness/pod-trouble.ts";

/** What is kept of a pod or a ReplicaSet. */
interface Owned {
  /** UID of its controller. */
  owner: string;
  uid: string;
  /** Of a ReplicaSet: which rollout of its Deployment it is. */
  rollout: number;
  trouble?: Trouble;
}

/** A watch that nobody needs stays this long: a rollout is often followed by another. */
const LINGER_MS = 30_000;
const ROLLOUT = "deployment.kubernetes.io/revision";

/**
 * Why pods of a workload do not run, while somebody wants to know: a watch of pods and one of ReplicaSets a namespace,
 * opened for workloads that take longer than a moment, closed when they are ready. Ready workloads cost nothing.
 */
export interface PodWatch {
  /** `listener` is told when what `troubleOf` answers may have changed. Returns the way to take it off. */
  hold(place: Place, workloadUid: string, listener: () => void): () => void;
  /** Of the workload's own pods; of a Deployment, those of its newest ReplicaSet. */
  troubleOf(place: Place, workloadUid: string): Trouble | undefined;
  stop(): Promise<void>;
}

/** A namespace; `as`: seen with the rights of that identity, else with the agent's. */
export interface Place {
  namespace: string;
  as?: Identity;
}

type ByOwner = Map<string, Map<string, Owned>>;

interface Watched {
  reflectors: Reflector<Owned>[];
  pods: ByOwner;
  sets: ByOwner;
  /** ReplicaSet → its Deployment. */
  above: Map<string, string>;
  listeners: Map<string, () => void>;
}

export interface PodWatchOptions {
  kube: Kube;
  clock: Clock;
  signal: AbortSignal;
  onError: (what: string, error: unknown) => void;
}

export function createPodWatch({ kube, clock, signal, onError }: PodWatchOptions): PodWatch {
  const places = new Map<string, Watched>();

  const open = ({ namespace, as }: Place): Watched => {
    const watched: Watched = {
      ...{ reflectors: [], pods: new Map(), sets: new Map(), above: new Map(), listeners: new Map() },
    };
    const reflect = (apiVersion: string, kind: string, index: ByOwner) => {
      const reflector = createReflector<Owned>(kube, {
        type: { apiVersion, kind },
        namespace,
        ...(as ? { as } : {}),
        transform: ownedOf,
        clock,
        onError: (error) => onError(`${kind} in ${namespace}`, error),
      });
      const take = (one: Owned) => {
        put(index, one);
        if (index === watched.sets) watched.above.set(one.uid, one.owner);
        tell(watched, one.owner);
      };
      reflector.on({
        added: take,
        updated: (one, old) => {
          if (one.trouble?.message !== old.trouble?.message || one.rollout !== old.rollout) take(one);
        },
        deleted(last) {
          index.get(last.owner)?.delete(last.uid);
          if (index.get(last.owner)?.size === 0) index.delete(last.owner);
          watched.above.delete(last.uid);
          tell(watched, last.owner);
        },
      });
      watched.reflectors.push(reflector);
    };
    reflect("v1", "Pod", watched.pods);
    reflect("apps/v1", "ReplicaSet", watched.sets);
    places.set(keyOf({ namespace, as }), watched);
    return watched;
  };
  const close = async (key: string, watched: Watched) => {
    await clock.sleep(LINGER_MS, signal).catch(() => {});
    if (watched.listeners.size > 0 || places.get(key) !== watched) return;
    places.delete(key);
    await Promise.all(watched.reflectors.map((reflector) => reflector.stop()));
  };

  return {
    hold(place, workloadUid, listener) {
      const watched = places.get(keyOf(place)) ?? open(place);
      watched.listeners.set(workloadUid, listener);
      return () => {
        if (watched.listeners.get(workloadUid) !== listener) return;
        watched.listeners.delete(workloadUid);
        if (watched.listeners.size === 0) void close(keyOf(place), watched);
      };
    },
    troubleOf(place, workloadUid) {
      const watched = places.get(keyOf(place));
      if (!watched) return undefined;
      const newest = newestOf(watched.sets.get(workloadUid));
      const pods = watched.pods.get(newest?.uid ?? workloadUid)?.values() ?? [];
      const found = [...pods].flatMap(({ trouble }) => trouble ?? []);
      return found.find(({ final }) => final) ?? found[0];
    },
    async stop() {
      const all = [...places.values()].flatMap(({ reflectors }) => reflectors);
      await Promise.all(all.map((reflector) => reflector.stop()));
    },
  };
}

const keyOf = ({ namespace, as }: { namespace: string; as?: Identity | undefined }): string =>
  `${namespace} ${as ? JSON.stringify(as) : ""}`;

function put(index: ByOwner, one: Owned): void {
  const owned = index.get(one.owner);
  if (owned) owned.set(one.uid, one);
  else index.set(one.owner, new Map([[one.uid, one]]));
}

function tell({ listeners, above }: Watched, owner: string): void {
  listeners.get(owner)?.();
  const top = above.get(owner);
  if (top !== undefined) listeners.get(top)?.();
}

function newestOf(sets: ReadonlyMap<string, Owned> = new Map()): Owned | undefined {
  return [...sets.values()].reduce<Owned | undefined>(
    (best, set) => (best && best.rollout >= set.rollout ? best : set),
    undefined,
  );
}

function ownedOf(object: LiveObject): Owned {
  const { uid, ownerReferences = [], annotations = {}, name } = object.metadata;
  const trouble = at(object, "spec", "containers") ? podTrouble(object) : undefined;
  return {
    uid,
    owner: ownerReferences.find(({ controller }) => controller)?.uid ?? "",
    rollout: Number(text(annotations[ROLLOUT]) ?? 0),
    ...(trouble ? { trouble: { ...trouble, message: `pod ${name}: ${trouble.message}` } } : {}),
  };
}
