import { onAbort } from "./abort.ts";

/** Time as an argument, so that tests run hours of backoff in milliseconds. */
export interface Clock {
  /** Wall clock, milliseconds since the epoch. Only for time stamps that leave the process. */
  now(): number;
  /** Monotonic milliseconds. Every duration and deadline is measured on this one. */
  monotonic(): number;
  /** Resolves after `ms`; rejects with the signal's reason where that aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** A number in [0, 1). */
export type Random = () => number;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      let off = () => {};
      const timer = setTimeout(
        () => {
          off();
          resolve();
        },
        Math.max(0, ms),
      );
      if (!signal) return;
      off = onAbort(signal, () => {
        clearTimeout(timer);
        reject(signal.reason);
      });
    }),
};
