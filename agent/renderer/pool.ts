import type { Clock } from "../kube/clock.ts";
import type { Child } from "./child.ts";
import { type Crew, createCrew, type Member } from "./crew.ts";
import { ChildEnded, type EndReason } from "./ends.ts";
import type { RenderLimits } from "./limits.ts";
import { createFairQueue } from "./queue.ts";
import { mayReplay } from "./rules.ts";
import { createTimers } from "./timers.ts";

/**
 * Each process has one request in flight. So there is no doubt whose request ended a process, and nobody else's is lost
 * with it: it ends as its process does, and the others go on.
 */
export interface Pool {
  /** @throws ChildEnded; the signal's reason where it aborts */
  run(key: string, line: string, signal?: AbortSignal): Promise<string>;
  readonly waiting: number;
  residentBytes(): number;
  stop(): Promise<void>;
}

export interface PoolOptions {
  binary: string;
  limits: RenderLimits;
  clock: Clock;
  /** A process ended otherwise than by our leave. */
  onEnd(reason: EndReason): void;
}

interface Job {
  key: string;
  line: string;
  signal: AbortSignal | undefined;
  answer: (line: string) => void;
  fail: (error: unknown) => void;
  replayed: boolean;
}

export function createPool({ binary, limits, clock, onEnd }: PoolOptions): Pool {
  const queue = createFairQueue<Job>();
  const timers = createTimers();
  const mostOfOne = Math.max(1, limits.processes - 1);
  let isStopped = false;
  let lastFailure = "";

  const dispatch = (): void => {
    while (!isStopped && queue.has(mostOfOne)) {
      const member = crew.take();
      if (!member) return;
      const next = queue.take(mostOfOne);
      if (next) void serve(next.item, member);
      else crew.release(member);
    }
  };
  const crew: Crew = createCrew({ binary, limits, clock, timers, onRoom: dispatch });

  const serve = async (job: Job, member: Member): Promise<void> => {
    const { child } = member;
    const words = `it takes more than ${limits.renderMs / 1_000} s`;
    const cancel = timers.after(limits.renderMs, () => child.end("timeout", words));
    const onAbort = () => child.end("aborted", "given up");
    job.signal?.addEventListener("abort", onAbort, { once: true });
    try {
      job.answer(await child.ask(job.line));
      lastFailure = "";
    } catch (error) {
      onFailure(job, child, error);
    } finally {
      cancel();
      job.signal?.removeEventListener("abort", onAbort);
      queue.done(job.key);
      crew.release(member);
      dispatch();
    }
  };

  const onFailure = (job: Job, child: Child, error: unknown): void => {
    const reason = error instanceof ChildEnded ? error.reason : undefined;
    if (reason === undefined || reason === "aborted" || reason === "stopped") {
      job.fail(job.signal?.reason ?? error);
      return;
    }
    onEnd(reason);
    const isStart = reason === "failed-to-start";
    if (isStart) {
      lastFailure = (error as ChildEnded).message;
      crew.delayStarts();
    }
    if (isStart || mayReplay(reason, { answered: child.answered, replayed: job.replayed })) {
      job.replayed ||= !isStart;
      queue.add(job.key, job);
    } else {
      job.fail(error);
    }
  };

  /** It leaves the queue when it has waited long enough, or nobody asks any more. */
  const wait = (job: Job): void => {
    const leave = (error: unknown) => queue.remove(job.key, job) && job.fail(error);
    const onAbort = () => leave(job.signal?.reason);
    const cancel = timers.after(limits.waitMs, () => {
      const why = lastFailure || "all renderers are busy";
      leave(new ChildEnded("failed-to-start", `no renderer within ${limits.waitMs / 1_000} s: ${why}`));
    });
    const { answer, fail } = job;
    const settled = () => {
      cancel();
      job.signal?.removeEventListener("abort", onAbort);
    };
    job.answer = (line) => [settled(), answer(line)];
    job.fail = (error) => [settled(), fail(error)];
    job.signal?.addEventListener("abort", onAbort, { once: true });
    queue.add(job.key, job);
  };

  return {
    get waiting() {
      return queue.size;
    },
    residentBytes: crew.residentBytes,
    run: (key, line, signal) =>
      new Promise((answer, fail) => {
        signal?.throwIfAborted();
        if (isStopped) throw new ChildEnded("stopped", "the agent stops");
        if (queue.size >= limits.waiting) throw new ChildEnded("failed-to-start", "too many renders wait");
        wait({ key, line, signal, answer, fail, replayed: false });
        dispatch();
      }),
    async stop() {
      isStopped = true;
      timers.clear();
      for (const job of queue.clear()) job.fail(new ChildEnded("stopped", "the agent stops"));
      await crew.stop();
    },
  };
}
