const MIB = 1024 * 1024;

export interface RenderLimits {
  /** From the moment a process has the request. */
  renderMs: number;
  /** Until a process takes the request; then `unavailable`. */
  waitMs: number;
  /** The request as JSON: module, dependencies, input, policies. */
  requestBytes: number;
  /** The answer as JSON. */
  answerBytes: number;
  /** Memory of one process; the kernel refuses it more. */
  memoryBytes: number;
  /** Renders at once, each in a process of its own. */
  processes: number;
  /** Requests that wait. */
  waiting: number;
}

/** What a Transform of ordinary size needs is a hundredth of this: 5 ms, 40 KB and 30 MB. */
export const DEFAULT_LIMITS: RenderLimits = {
  renderMs: 10_000,
  waitMs: 60_000,
  requestBytes: 8 * MIB,
  answerBytes: 8 * MIB,
  memoryBytes: 256 * MIB,
  processes: 2,
  waiting: 1_000,
};

/** CUE keeps each name it ever saw: a process is replaced before that counts. */
export const MAX_RENDERS = 5_000;
/** Of one that rests; a larger one is ended, and made anew when it is needed. */
export const RESTING_BYTES = 56 * MIB;
/** A process beyond the first ends after so long without work. */
export const IDLE_MS = 10_000;
/** Between starts of a process that ends before it has answered. */
export const RESTART_MIN_MS = 100;
export const RESTART_MAX_MS = 30_000;
