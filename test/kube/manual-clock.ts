import { setImmediate } from "node:timers/promises";
import type { Clock } from "../../agent/kube/clock.ts";

interface Sleeper {
  due: number;
  wake: () => void;
}

/** For tests: time that passes only by `advance`. */
export interface ManualClock extends Clock {
  /** Lets time pass, waking sleepers in order; between two of them what they set off gets its turn. */
  advance(ms: number): Promise<void>;
  readonly sleepers: number;
}

/** `wallOffsetMs`: how wrong this machine's wall clock is. */
export function createManualClock(start = 1_700_000_000_000, wallOffsetMs = 0): ManualClock {
  let elapsed = 0;
  const sleepers = new Set<Sleeper>();

  const nextDue = (until: number) =>
    [...sleepers].filter((sleeper) => sleeper.due <= until).sort((a, b) => a.due - b.due)[0];

  return {
    now: () => start + wallOffsetMs + elapsed,
    monotonic: () => elapsed,
    sleep(ms, signal) {
      return new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        if (ms <= 0) return resolve();
        const leave = () => {
          sleepers.delete(sleeper);
          reject(signal?.reason);
        };
        const wake = () => {
          sleepers.delete(sleeper);
          signal?.removeEventListener("abort", leave);
          resolve();
        };
        const sleeper = { due: elapsed + ms, wake };
        sleepers.add(sleeper);
        signal?.addEventListener("abort", leave, { once: true });
      });
    },
    async advance(ms) {
      const until = elapsed + ms;
      await setImmediate();
      for (let sleeper = nextDue(until); sleeper; sleeper = nextDue(until)) {
        elapsed = Math.max(elapsed, sleeper.due);
        sleeper.wake();
        await setImmediate();
      }
      elapsed = until;
      await setImmediate();
    },
    get sleepers() {
      return sleepers.size;
    },
  };
}
