import type { GraphNode, ResourceGraphSpec, ResourceGraphStatus } from "../../protocol/resources/graph.ts";
import type { Clock, EventInput, Identity, Kube, LiveObject, Random } from "../kube/index.ts";
import type { Logger } from "../log.ts";
import type { Tracer } from "../tracing/tracer.ts";
import type { Scope } from "./build.ts";
import type { Cache } from "./cache.ts";
import type { PodWatch } from "./pod-watch.ts";

/** A ResourceGraph as the API server has it. */
export interface LiveGraph extends LiveObject {
  spec: ResourceGraphSpec;
  status?: ResourceGraphStatus;
}

/**
 * A ResourceGraph as the engine knows it, with its nodes wherever they stand. They are undefined, and `spec.shards` says
 * where they stand, while they are not known: a graph of unknown nodes is not an empty one.
 */
export interface SeenGraph extends LiveObject {
  spec: Omit<ResourceGraphSpec, "nodes"> & { nodes: GraphNode[] | undefined };
  status?: ResourceGraphStatus;
  /** Its nodes are being read: the engine's listeners are told when that has ended. */
  isReading: boolean;
}

/** What the parts of the engine share. */
export interface EngineContext {
  kube: Kube;
  cache: Cache;
  pods: PodWatch;
  clock: Clock;
  random: Random;
  log: Logger;
  signal: AbortSignal;
  /** Where graphs may act as the agent itself. */
  systemNamespace: string;
  /**
   * On the monotonic clock: until then a request of a former process, sent before it died, may still take effect. What
   * is on record without a UID and not to be seen may have been made by it, and is not written off.
   */
  lateUntil: number;
  /** Asks discovery for these kinds; the answer stays true until the next call. */
  scopeOf: (types: readonly { apiVersion: string; kind: string }[]) => Promise<Scope>;
  record: (event: EventInput) => void;
  count: Counters;
  tracer: Tracer;
}

export interface Counters {
  applied: (result: "changed" | "failed" | "conflict") => void;
  pruned: (how: "deleted" | "orphaned" | "left") => void;
  kept: () => void;
  adopted: (result: "taken" | "refused") => void;
  drift: (result: "corrected" | "reported") => void;
  statusWritten: () => void;
  /** Seconds that an apply took, with or without success. */
  applyTook: (seconds: number) => void;
  /** Seconds from an apply of a node to its being ready. */
  readyAfter: (seconds: number) => void;
  /** A generation (or what was asked for by annotation) has come to rest. */
  reconciled: (result: "ready" | "degraded" | "failed", seconds: number) => void;
}

export type ActAs = { as?: Identity } | { refused: string };
