/**
 * Objects of a graph of 500 are changed by hand, one after the other, each another object: a field of a ConfigMap, a
 * Secret, a Role, a Service, a Deployment by a merge patch, and now and then one is deleted. From sending that request
 * until a watch shows the object as the graph has it.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { createReflector, type LiveObject } from "../agent/kube/index.ts";
import type { GraphNode } from "../protocol/resources/graph.ts";
import { type EngineCluster, graphObject, watchGraphs, withEngineCluster } from "./lib/engine-cluster.ts";
import { percentile, round, say } from "./lib/figures.ts";
import { untilIdle } from "./lib/idle.ts";
import { graphOf, mixedObjects } from "./lib/mixed.ts";

const OBJECTS = 500;
const CHANGES = 120;
const PAUSE_MS = 50;
const DEADLINE_MS = 60_000;

type Manifest = GraphNode["object"];

const refTo = ({ apiVersion, kind, metadata: { name, namespace = "" } }: Manifest) => ({
  ...{ apiVersion, kind, namespace, name },
});

/** For each kind a change by hand, and whether the object shows nothing of it any more. */
const CHANGE: Record<string, { patch: object; isRight: (live: LiveObject) => boolean }> = {
  ConfigMap: {
    patch: { data: { "settings.yaml": "by hand" } },
    isRight: ({ data }) => (data as Record<string, string>)["settings.yaml"] !== "by hand",
  },
  Secret: {
    patch: { data: { key: "YnkgaGFuZA==" } },
    isRight: ({ data }) => (data as Record<string, string>).key !== "YnkgaGFuZA==",
  },
  Role: {
    patch: { rules: [] },
    isRight: ({ rules }) => (rules as unknown[] | null)?.length === 1,
  },
  Service: {
    patch: { spec: { selector: { app: "by-hand" } } },
    isRight: ({ spec }) => (spec as { selector: { app: string } }).selector.app !== "by-hand",
  },
  Deployment: {
    patch: { spec: { replicas: 1 } },
    isRight: ({ spec }) => (spec as { replicas: number }).replicas === 0,
  },
};

export const run = (): Promise<Record<string, number | string>> =>
  withEngineCluster("bench-drift", async (at) => {
    const objects = mixedObjects(OBJECTS, "drift", at.namespace);
    const graphs = await watchGraphs(at);
    await at.kube.apply(graphObject(at.namespace, "mixed", graphOf(objects)), { fieldManager: "bench" });
    await graphs.when(() => graphs.isReady("mixed"));
    await graphs.stop();
    await untilIdle(at.clusterPids());
    const seen = await watchObjects(at);
    const changed: number[] = [];
    const deleted: number[] = [];
    for (let n = 0; n < CHANGES; n++) {
      // 7 and 500 have no common divisor: each time another object, of each kind in turn.
      const object = objects[(n * 7) % objects.length] as Manifest;
      const isDeletion = n % 10 === 9;
      const ms = isDeletion ? await deletion(at, seen, object) : await change(at, seen, object);
      (isDeletion ? deleted : changed).push(ms);
      await sleep(PAUSE_MS);
    }
    await seen.stop();
    const all = [...changed, ...deleted];
    say(`changed: p95 ${percentile(changed, 0.95)} ms; deleted: p95 ${percentile(deleted, 0.95)} ms`);
    return {
      p50_ms: percentile(all, 0.5),
      p95_ms: percentile(all, 0.95),
      max_ms: Math.max(...all),
      changes: changed.length,
      deletions: deleted.length,
    };
  });

async function change(at: EngineCluster, seen: Seen, object: Manifest): Promise<number> {
  const { patch, isRight } = CHANGE[object.kind] as (typeof CHANGE)[string];
  let wasWrong = false;
  return timed(
    seen,
    object,
    () => at.kube.patch(refTo(object), patch, { fieldManager: "hand" }),
    (live) => {
      wasWrong ||= live !== undefined && !isRight(live);
      return wasWrong && live !== undefined && isRight(live);
    },
  );
}

async function deletion(at: EngineCluster, seen: Seen, object: Manifest): Promise<number> {
  const uid = seen.get(object)?.metadata.uid;
  return timed(
    seen,
    object,
    () => at.kube.delete(refTo(object)),
    (live) => live !== undefined && live.metadata.uid !== uid,
  );
}

async function timed(
  seen: Seen,
  object: Manifest,
  work: () => Promise<unknown>,
  isDone: (live: LiveObject | undefined) => boolean,
): Promise<number> {
  const began = performance.now();
  const done = seen.when(object, isDone);
  await work();
  const late = sleep(DEADLINE_MS, undefined, { ref: false }).then(() => {
    throw new Error(`${object.kind} ${object.metadata.name} was not set back`);
  });
  await Promise.race([done, late]);
  return round(performance.now() - began);
}

type Seen = Awaited<ReturnType<typeof watchObjects>>;

async function watchObjects({ kube, namespace }: EngineCluster) {
  const objects = new Map<string, LiveObject>();
  const looks = new Map<string, () => void>();
  const keyOf = ({ kind, metadata }: Manifest | LiveObject) => `${kind}/${metadata.name}`;
  const types = mixedObjects(5, "types", namespace).map(({ apiVersion, kind }) => ({ apiVersion, kind }));
  const reflectors = types.map((type) =>
    createReflector<LiveObject>(kube, { type, namespace, transform: (object) => object }),
  );
  const see = (live: LiveObject) => {
    objects.set(keyOf(live), live);
    looks.get(keyOf(live))?.();
  };
  for (const reflector of reflectors) reflector.on({ added: see, updated: see });
  await Promise.all(reflectors.map(({ synced }) => synced));
  return {
    get: (object: Manifest) => objects.get(keyOf(object)),
    /** Resolves when it is so, looked at whenever the object changes. */
    when: (object: Manifest, isDone: (live: LiveObject | undefined) => boolean) =>
      new Promise<void>((resolve) => {
        const key = keyOf(object);
        looks.set(key, () => {
          if (!isDone(objects.get(key))) return;
          looks.delete(key);
          resolve();
        });
      }),
    stop: () => Promise.all(reflectors.map((one) => one.stop())),
  };
}
