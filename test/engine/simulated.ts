import type { Cache } from "../../agent/engine/cache.ts";
import type { EngineContext, LiveGraph } from "../../agent/engine/context.ts";
import { counters } from "../../agent/engine/counters.ts";
import type { Seen } from "../../agent/engine/model.ts";
import { seenOf } from "../../agent/engine/seen.ts";
import {
  type Clock,
  type Kube,
  KubeError,
  type KubeObject,
  type LiveObject,
  type ObjectRef,
  type Random,
  refOf,
  refString,
} from "../../agent/kube/index.ts";
import { silentLogger } from "../../agent/log.ts";
import { createMetrics } from "../../agent/metrics.ts";
import { NO_TRACER } from "../../agent/tracing/tracer.ts";

/** Called before and after a request takes effect; a rejection is the request's. */
export interface Faults {
  before(verb: string, ref: ObjectRef): Promise<void>;
  after(verb: string, ref: ObjectRef): Promise<void>;
}

const error = (kind: "notFound" | "conflict" | "alreadyExists", status: number, what: string) =>
  new KubeError(`${what}: ${kind}`, { kind, status, reason: kind });

/**
 * As much of an API server as the executor of one graph asks for, in memory: objects with UIDs, versions and the record
 * of field managers, preconditions, and a graph with a status. What it answers, its watches show at once.
 */
export class SimulatedServer {
  readonly objects = new Map<string, LiveObject>();
  readonly #listeners = new Map<string, Set<() => void>>();
  readonly #seen = new Map<string, Seen>();
  #version = 10;
  /** Told after each change. */
  changed: (ref: ObjectRef) => void = () => {};

  get(ref: ObjectRef): LiveObject {
    const found = this.objects.get(refString(ref));
    if (!found) throw error("notFound", 404, refString(ref));
    return found;
  }

  seen(key: string): Seen | undefined {
    const live = this.objects.get(key);
    if (!live) return undefined;
    const held = this.#seen.get(key);
    if (held?.resourceVersion === live.metadata.resourceVersion) return held;
    const seen = seenOf(live);
    this.#seen.set(key, seen);
    return seen;
  }

  apply(object: KubeObject, now: string): LiveObject {
    const ref = refOf(object as LiveObject);
    const former = this.objects.get(refString(ref));
    const { uid, resourceVersion, ...metadata } = object.metadata;
    if (former && (resourceVersion ?? former.metadata.resourceVersion) !== former.metadata.resourceVersion)
      throw error("conflict", 409, refString(ref));
    if (uid !== undefined && uid !== former?.metadata.uid) throw error("conflict", 409, refString(ref));
    const fieldsV1 = fieldsOf({ ...object, metadata });
    const specChanged = JSON.stringify(former?.spec) !== JSON.stringify(object.spec);
    return this.put({
      ...object,
      ...(former?.status === undefined ? {} : { status: former.status }),
      metadata: {
        ...metadata,
        name: ref.name,
        uid: former?.metadata.uid ?? `uid-${this.#version}`,
        resourceVersion: "",
        generation: (former?.metadata.generation ?? 0) + (specChanged ? 1 : 0),
        creationTimestamp: former?.metadata.creationTimestamp ?? now,
        ...(metadata.finalizers || !former?.metadata.finalizers
          ? {}
          : { finalizers: former.metadata.finalizers }),
        managedFields: [{ manager: "kubenova", operation: "Apply", time: now, fieldsV1 }],
      },
    });
  }

  put(object: LiveObject): LiveObject {
    this.#version += 1;
    const live = {
      ...object,
      metadata: { ...object.metadata, resourceVersion: String(this.#version).padStart(12, "0") },
    };
    this.objects.set(refString(refOf(live)), live);
    this.#tell(refOf(live));
    return live;
  }

  /** What was only held by its finalizers goes with the last of them. */
  replace(object: LiveObject): LiveObject {
    const live = this.put(object);
    const { deletionTimestamp, finalizers = [] } = live.metadata;
    if (deletionTimestamp && finalizers.length === 0) this.delete(refOf(live));
    return live;
  }

  delete(ref: ObjectRef, uid?: string): LiveObject | undefined {
    const found = this.get(ref);
    if (uid !== undefined && found.metadata.uid !== uid) throw error("conflict", 409, refString(ref));
    if ((found.metadata.finalizers ?? []).length > 0) {
      const deletionTimestamp = found.metadata.deletionTimestamp ?? new Date(0).toISOString();
      const generation = (found.metadata.generation ?? 0) + 1;
      return this.put({ ...found, metadata: { ...found.metadata, deletionTimestamp, generation } });
    }
    this.objects.delete(refString(ref));
    this.#tell(ref);
    return undefined;
  }

  on(key: string, listener: () => void): () => void {
    const set = this.#listeners.get(key) ?? new Set();
    this.#listeners.set(key, set.add(listener));
    return () => void set.delete(listener);
  }

  #tell(ref: ObjectRef): void {
    this.changed(ref);
    for (const listener of [...(this.#listeners.get(refString(ref)) ?? [])]) listener();
  }
}

/** What one process sees of a server. */
export function simulatedContext(
  server: SimulatedServer,
  {
    clock,
    random,
    signal,
    faults,
    lateMs = 0,
  }: { clock: Clock; random: Random; signal: AbortSignal; faults?: Faults; lateMs?: number },
): EngineContext {
  const nothing = () => {};
  return {
    kube: simulatedKube(server, clock, faults),
    cache: simulatedCache(server),
    pods: { hold: () => nothing, troubleOf: () => undefined, stop: async () => {} },
    ...{ clock, random, signal, tracer: NO_TRACER, log: silentLogger, systemNamespace: "ns" },
    lateUntil: clock.monotonic() + lateMs,
    scopeOf: async () => () => true,
    record: nothing,
    count: counters(createMetrics()),
  };
}

function simulatedKube(server: SimulatedServer, clock: Clock, faults: Faults | undefined): Kube {
  const now = () => new Date(clock.now()).toISOString();
  const asked = async <T>(verb: string, ref: ObjectRef, work: () => T): Promise<T> => {
    await faults?.before(verb, ref);
    const answer = work();
    await faults?.after(verb, ref);
    return answer;
  };
  const kube: Partial<Kube> = {
    get: (ref) => asked("get", ref, () => server.get(ref)),
    apply: (object) => asked("apply", refOf(object as LiveObject), () => server.apply(object, now())),
    create: (object) =>
      asked("create", refOf(object as LiveObject), () => {
        const key = refString(refOf(object as LiveObject));
        if (server.objects.has(key)) throw error("alreadyExists", 409, key);
        return server.apply(object, now());
      }),
    patch: (ref, patch) => asked("patch", ref, () => server.replace(patched(server.get(ref), patch))),
    delete: (ref, options) =>
      asked("delete", ref, () => {
        const object = server.delete(ref, options?.preconditions?.uid);
        return object ? { gone: false, object } : { gone: true };
      }),
    request: ({ path, query }) =>
      asked("list", SHARDS, () => {
        const kind = path.endsWith("/resourcegraphs") ? GRAPH.kind : SHARDS.kind;
        const namespace = /\/namespaces\/([^/]+)\//.exec(path)?.[1];
        const [label = "", value] = String(query?.labelSelector ?? "").split("=");
        const items = [...server.objects.values()].filter(
          ({ kind: its, metadata: { labels = {}, namespace: where } }) =>
            its === kind &&
            (namespace === undefined || where === namespace) &&
            (label === "" || (label in labels && (value === undefined || labels[label] === value))),
        );
        return { status: 200, headers: {}, body: Buffer.from(JSON.stringify({ items })) };
      }),
  };
  return kube as Kube;
}

/** The two patches that the executor sends: a status as a whole, and metadata. */
function patched(live: LiveObject, patch: object): LiveObject {
  if (Array.isArray(patch)) return { ...live, status: (patch.at(-1) as { value: unknown }).value };
  const { uid, resourceVersion, ...metadata } = (patch as LiveObject).metadata;
  if ((uid ?? live.metadata.uid) !== live.metadata.uid) throw error("conflict", 409, "uid");
  if ((resourceVersion ?? live.metadata.resourceVersion) !== live.metadata.resourceVersion)
    throw error("conflict", 409, "resourceVersion");
  return { ...live, metadata: { ...live.metadata, ...metadata } };
}

function simulatedCache(server: SimulatedServer): Cache {
  const hold = {
    ...{ ready: () => true, isLost: () => false, synced: Promise.resolve(), problem: () => undefined },
    ...{ on: () => () => {}, release() {} },
  };
  return {
    holdKind: () => hold,
    holdOne: () => hold,
    holdOneAs: () => hold,
    get: (key) => server.seen(key),
    keepWhole: () => () => {},
    put: (live) => server.seen(refString(refOf(live))) ?? seenOf(live),
    forget() {},
    on: (key, listener) => server.on(key, listener),
    stats: () => ({ watches: 1, objects: server.objects.size }),
    stop: async () => {},
  } as Cache;
}

/** `fieldsV1` of an object without lists that are merged. */
function fieldsOf(value: unknown): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return {};
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !["apiVersion", "kind", "name", "namespace"].includes(name))
      .map(([name, inner]) => [`f:${name}`, fieldsOf(inner)]),
  );
}

export const GRAPH = {
  apiVersion: "kubenova.io/v1alpha1",
  kind: "ResourceGraph",
  namespace: "ns",
  name: "graph",
};
const SHARDS = { ...GRAPH, kind: "ResourceGraphShard", name: "" };
export const graphOn = (server: SimulatedServer): LiveGraph => server.get(GRAPH) as LiveGraph;
