import { onAbort } from "./abort.ts";

/** A counting semaphore, first come first served. */
export interface Limiter {
  /** Resolves with the function that gives the slot back; rejects with the signal's reason. */
  acquire(signal?: AbortSignal): Promise<() => void>;
  readonly inUse: number;
  readonly waiting: number;
}

export function createLimiter(slots: number): Limiter {
  let inUse = 0;
  const queue = new Set<() => void>();

  const release = () => {
    const [next] = queue;
    if (next) next();
    else inUse -= 1;
  };
  const once = () => {
    let held = true;
    return () => {
      if (held) release();
      held = false;
    };
  };

  return {
    async acquire(signal) {
      signal?.throwIfAborted();
      if (inUse < slots) {
        inUse += 1;
        return once();
      }
      return new Promise((resolve, reject) => {
        const leave = () => {
          queue.delete(grant);
          reject(signal?.reason);
        };
        // The slot of the one who left is handed over as it is: inUse stays.
        const grant = () => {
          queue.delete(grant);
          off();
          resolve(once());
        };
        queue.add(grant);
        const off = signal ? onAbort(signal, leave) : () => {};
      });
    },
    get inUse() {
      return inUse;
    },
    get waiting() {
      return queue.size;
    },
  };
}
