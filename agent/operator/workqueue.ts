import type { Clock, Random } from "../kube/index.ts";

/** One key has one worker at a time; others run beside it. A key added while it is worked on is worked on again. */
export interface WorkQueue {
  add(key: string): void;
  /** Waiting and being worked on. */
  readonly size: number;
  /** Resolves when no worker runs; nothing starts any more. */
  stop(): Promise<void>;
}

export interface WorkQueueOptions {
  handle: (key: string) => Promise<void>;
  /** A rejection is told here, and the key comes again after a backoff. */
  onError: (key: string, error: unknown) => void;
  workers: number;
  clock: Clock;
  random: Random;
  signal: AbortSignal;
}

const BASE_MS = 200;
const CAP_MS = 60_000;

export function createWorkQueue(options: WorkQueueOptions): WorkQueue {
  const { handle, onError, workers, clock, random, signal } = options;
  const waiting = new Set<string>();
  const running = new Map<string, Promise<void>>();
  const again = new Set<string>();
  const failures = new Map<string, number>();
  let stopped = false;

  const add = (key: string) => {
    if (stopped) return;
    if (running.has(key)) again.add(key);
    else waiting.add(key);
    next();
  };
  const next = () => {
    for (const key of waiting) {
      if (stopped || running.size >= workers) return;
      waiting.delete(key);
      running.set(key, work(key));
    }
  };
  const work = async (key: string) => {
    // The entry in `running` stands before the first line of the handler runs.
    await Promise.resolve();
    try {
      await handle(key);
      failures.delete(key);
    } catch (error) {
      if (!signal.aborted) {
        onError(key, error);
        retry(key);
      }
    }
    running.delete(key);
    if (again.delete(key)) add(key);
    else next();
  };
  const retry = (key: string) => {
    const count = (failures.get(key) ?? 0) + 1;
    failures.set(key, count);
    const ceiling = Math.min(CAP_MS, BASE_MS * 2 ** Math.min(count - 1, 20));
    const wait = Math.max(ceiling / 10, ceiling * random());
    clock.sleep(wait, signal).then(
      () => add(key),
      () => {},
    );
  };

  return {
    add,
    get size() {
      return waiting.size + running.size;
    },
    async stop() {
      stopped = true;
      waiting.clear();
      await Promise.all(running.values());
    },
  };
}
