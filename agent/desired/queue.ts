import type { Clock } from "../kube/index.ts";
import { createLimiter } from "../kube/limiter.ts";
import { type Failure, judgeFailure, retryMs } from "./failures.ts";
import { isOlder, type Job, once, settleWith } from "./job.ts";

export interface QueueOptions {
  attempt: (job: Job) => Promise<void>;
  /** A failure that will be tried again, after it has lasted for a while. Told once a job. */
  onPending: (job: Job, message: string) => void;
  onRefused: (job: Job, message: string) => void;
  clock: Clock;
  random: () => number;
  signal: AbortSignal;
}

export interface KeyQueue {
  push(job: Job): void;
  /** Drops everything that is not being written at this moment: its epoch has ended. */
  clear(): void;
  readonly size: number;
}

/** Enough to keep the API server busy (platform.md); waiting documents hold no place. */
const CONCURRENCY = 16;
/** A person should see by then that something is missing. */
export const PENDING_AFTER_MS = 10_000;
/** What waits for something that may never come no longer holds up the acks of the rest (failures.ts). */
export const GIVE_UP_ACK_MS = 30_000;

interface Lane {
  /** Being written, or waiting for its next try. */
  current: Job | undefined;
  next: Job | undefined;
  wake: AbortController;
}

/** One key, one lane: documents of a key are written in order, the newest replaces those that wait, lanes run side by side. */
export function createKeyQueue(options: QueueOptions): KeyQueue {
  const { clock, signal } = options;
  const lanes = new Map<string, Lane>();
  const limiter = createLimiter(CONCURRENCY);
  let generation = 0;

  const tryOnce = async (job: Job): Promise<Failure | undefined> => {
    const release = await limiter.acquire(signal);
    try {
      await options.attempt(job);
      return undefined;
    } catch (error) {
      signal.throwIfAborted();
      return judgeFailure(error);
    } finally {
      release();
    }
  };
  /** Until it is written, refused, dropped, or replaced: then the newer one takes its settling along. */
  const work = async (lane: Lane, job: Job): Promise<void> => {
    const born = generation;
    const began = clock.monotonic();
    let told = false;
    for (let failures = 0; ; failures += 1) {
      const failure = await tryOnce(job);
      if (!failure) return job.settle();
      if (born !== generation) return;
      if (failure.kind === "refuse") {
        options.onRefused(job, failure.message);
        return job.settle(failure.message);
      }
      const lasted = clock.monotonic() - began;
      if (lasted >= PENDING_AFTER_MS && !told) {
        told = true;
        options.onPending(job, failure.message);
      }
      if (lasted >= GIVE_UP_ACK_MS && failure.kind === "wait") job.settle(failure.message);
      if (!lane.next && born === generation)
        await pause(lane, retryMs(failure.kind, failures, options.random()));
      if (born !== generation) return;
      if (lane.next) return settleWith(lane.next, job);
    }
  };
  const pause = async (lane: Lane, ms: number): Promise<void> => {
    lane.wake = new AbortController();
    await clock.sleep(ms, AbortSignal.any([signal, lane.wake.signal])).catch(() => {});
    signal.throwIfAborted();
  };
  const run = async (key: string, lane: Lane): Promise<void> => {
    try {
      for (let job = lane.next; job; job = lane.next) {
        lane.next = undefined;
        lane.current = job;
        await work(lane, job);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      lanes.delete(key);
    }
  };

  return {
    push(given) {
      const job = once(given);
      const { key } = job.item;
      const lane = lanes.get(key);
      if (!lane) {
        const made: Lane = { current: undefined, next: job, wake: new AbortController() };
        lanes.set(key, made);
        void run(key, made);
        return;
      }
      const ahead = lane.next ?? lane.current;
      if (ahead && isOlder(job, ahead)) return settleWith(ahead, job);
      if (lane.next) settleWith(job, lane.next);
      lane.next = job;
      lane.wake.abort();
    },
    clear() {
      generation += 1;
      for (const lane of lanes.values()) {
        lane.next = undefined;
        lane.wake.abort();
      }
    },
    get size() {
      return lanes.size;
    },
  };
}
