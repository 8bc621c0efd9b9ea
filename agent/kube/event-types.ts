import type { Clock } from "./clock.ts";
import type { KubeObject, ObjectRef } from "./types.ts";

export interface EventInput {
  /** The object it is about; UID and resourceVersion are taken along where it has them. */
  regarding: KubeObject | (ObjectRef & { uid?: string });
  type: "Normal" | "Warning";
  /** CamelCase, at most 128 bytes: why. */
  reason: string;
  /** CamelCase, at most 128 bytes: what was done. */
  action: string;
  /** For people; cut to 1,024 bytes. */
  note: string;
  related?: ObjectRef;
}

export interface EventRecorderOptions {
  /** e.g. `kubenova.io/agent`. */
  reportingController: string;
  /** e.g. the pod's name; at most 128 bytes. */
  reportingInstance: string;
  /** Where events about cluster-scoped objects go; default `default`. */
  defaultNamespace?: string;
  onError?: (error: unknown) => void;
  clock?: Clock;
}

export interface EventRecorderStats {
  written: number;
  /** Same event again: counted into a series instead of a new object. */
  aggregated: number;
  /** Over an object's budget, queue full, or a read-only client. */
  dropped: number;
  errors: number;
}

export interface EventRecorder {
  /** Returns at once; never throws. */
  record(event: EventInput): void;
  stats(): EventRecorderStats;
  /** Writes what waits (series counts included), then stops. Ends within 5 s whatever the server does. */
  close(): Promise<void>;
}
