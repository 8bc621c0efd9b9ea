import { hashOf } from "../../engine/model.ts";
import type { Clock, Random } from "../../kube/index.ts";
import { after, nextAttemptMs, type Standing, type Wish } from "./attempt.ts";
import { RenderingError } from "./failure.ts";
import type { About } from "./job.ts";
import { PATIENCE_MS } from "./outcomes.ts";
import type { Pipeline } from "./pipeline.ts";
import { failedOr, fault, goodOf, said, sameAs, staleRetry } from "./verdicts.ts";

export interface WorkOptions {
  pipeline: Pipeline;
  /** Room for attempts: those that wait for a network have their own. */
  room: Room;
  clock: Clock;
  random: Random;
  signal: AbortSignal;
  /** Something is to be said or written. Must not throw. */
  onChanged: (key: string) => void;
  onFault: (key: string, error: unknown) => void;
  count: (result: Result, ms: number) => void;
}

export type Result = "rendered" | "unchanged" | "failed";

export type Room = <T>(wish: Wish, signal: AbortSignal, work: () => Promise<T>) => Promise<T>;

/** A wish that is worked on, again and again where it is to be. */
export interface Entry {
  wish: Wish;
  standing: Standing;
  /** What the last evaluation read: the same is not evaluated again. */
  renderHash?: string;
  failures: number;
  /** Poked while at work: what was read may be old. */
  dirty: boolean;
  work?: AbortController;
  cancelTimer?: () => void;
}

export interface Work {
  /** From the start, whatever was under way. */
  begin(entry: Entry): void;
  /** What is under way, and what would come later, do not come. */
  end(entry: Entry): void;
}

/** Attempts at one wish after another: when, how often, and what is told of how they end. */
export function createWork(options: WorkOptions): Work {
  const { pipeline, room, clock, random, signal, onChanged } = options;

  const end = (entry: Entry) => {
    entry.work?.abort(new Error("another wish has come"));
    entry.cancelTimer?.();
    delete entry.work;
    delete entry.cancelTimer;
  };

  const begin = (entry: Entry) => {
    if (signal.aborted) return;
    end(entry);
    const work = new AbortController();
    entry.work = work;
    entry.dirty = false;
    const { key } = entry.wish;
    if (entry.standing.state === "working")
      entry.cancelTimer = after(clock, PATIENCE_MS, () => onChanged(key));
    run(entry, work.signal).then(
      (standing) => {
        if (entry.work === work) settle(entry, standing);
      },
      (error: unknown) => {
        if (entry.work !== work || signal.aborted) return;
        options.onFault(key, error);
        settle(entry, { state: "failed", error: fault(error), failures: 0 });
      },
    );
  };

  const run = (entry: Entry, ended: AbortSignal): Promise<Standing> =>
    room(entry.wish, ended, async () => {
      const began = clock.monotonic();
      const { standing, result } = await attempt(entry, ended);
      options.count(result, clock.monotonic() - began);
      return standing;
    });

  const attempt = async (
    entry: Entry,
    ended: AbortSignal,
  ): Promise<{ standing: Standing; result: Result }> => {
    let about: About | undefined;
    try {
      const gathered = await pipeline.gather(entry.wish.job, ended);
      about = gathered.about;
      const known = sameAs(entry, about);
      if (known) return { standing: known, result: "unchanged" };
      const good = goodOf(about, await pipeline.evaluate(gathered, ended));
      entry.renderHash = about.renderHash;
      return { standing: { state: "rendered", good }, result: "rendered" };
    } catch (error) {
      ended.throwIfAborted();
      if (!(error instanceof RenderingError)) throw error;
      if (about) entry.renderHash = about.renderHash;
      return { standing: failedOr(entry.standing, error, about, clock.now()), result: "failed" };
    }
  };

  const settle = (entry: Entry, standing: Standing) => {
    const former = entry.standing;
    end(entry);
    const retry = standing.state === "failed" ? standing.error.retry : staleRetry(standing);
    entry.failures = retry === undefined ? 0 : entry.failures + 1;
    entry.standing = standing.state === "failed" ? { ...standing, failures: entry.failures } : standing;
    const waitMs = entry.dirty ? 0 : nextAttemptMs(retry, entry.failures - 1, entry.wish.intervalMs, random);
    if (waitMs !== undefined) entry.cancelTimer = after(clock, waitMs, () => begin(entry));
    if (hashOf(said(former)) !== hashOf(said(entry.standing))) onChanged(entry.wish.key);
  };

  return { begin, end };
}
