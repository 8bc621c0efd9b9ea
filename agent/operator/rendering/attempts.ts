import { hashOf } from "../../engine/model.ts";
import { onAbort } from "../../kube/abort.ts";
import type { Clock, Random } from "../../kube/index.ts";
import { errorText } from "../../log.ts";
import { after, type Good, nextAttemptMs, type Standing, type Wish } from "./attempt.ts";
import { RenderingError } from "./failure.ts";
import type { About, Rendered } from "./job.ts";
import { LASTING, PATIENCE_MS } from "./outcomes.ts";
import type { Gathered, Pipeline } from "./pipeline.ts";

/**
 * What every resource that comes from a module wants rendered, and how that stands. Work is done beside the controllers'
 * queue: whoever waits for a registry holds up nobody. Only the newest wish of a resource is worked on.
 */
export interface Attempts {
  /** How this wish stands; begins to work on it where it is new. */
  stand(wish: Wish): Standing;
  /** What a wish would become now, beside all others. @throws RenderingError */
  once(wish: Wish, signal: AbortSignal): Promise<Good & { nodes: Rendered["nodes"] }>;
  /** How the last wish of a resource stands. */
  peek(key: string): Standing | undefined;
  /** The nodes are wanted again, after they were let go. */
  again(key: string): void;
  /** What a source holds may have changed. */
  poke(key: string): void;
  /** Whatever failed in this group is tried now: rights have been given. */
  retryNow(group: string): void;
  /** The graph holds the nodes of this hash now. */
  letGo(key: string, nodesHash: string): void;
  forget(key: string): void;
}

export interface AttemptsOptions {
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

interface Entry {
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

export function createAttempts(options: AttemptsOptions): Attempts {
  const { pipeline, room, clock, random, signal, onChanged } = options;
  const entries = new Map<string, Entry>();
  const end = (entry: Entry) => {
    entry.work?.abort(new Error("another wish has come"));
    entry.cancelTimer?.();
    delete entry.work;
    delete entry.cancelTimer;
  };
  onAbort(signal, () => {
    for (const entry of entries.values()) end(entry);
  });

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
      const known = sameAs(entry, gathered);
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
    if (!entries.has(entry.wish.key)) return;
    const retry = standing.state === "failed" ? standing.error.retry : staleRetry(standing);
    entry.failures = retry === undefined ? 0 : entry.failures + 1;
    entry.standing = standing.state === "failed" ? { ...standing, failures: entry.failures } : standing;
    const waitMs = entry.dirty ? 0 : nextAttemptMs(retry, entry.failures - 1, entry.wish.intervalMs, random);
    if (waitMs !== undefined) entry.cancelTimer = after(clock, waitMs, () => begin(entry));
    if (hashOf(said(former)) !== hashOf(said(entry.standing))) onChanged(entry.wish.key);
  };

  return {
    stand(wish) {
      const held = entries.get(wish.key);
      if (held?.wish.hash === wish.hash) {
        // How often to look, and on whose account, is no other wish.
        held.wish = wish;
        return held.standing;
      }
      if (held) end(held);
      const entry: Entry = {
        wish,
        standing: { state: "working", sinceMs: clock.monotonic() },
        failures: 0,
        dirty: false,
      };
      entries.set(wish.key, entry);
      begin(entry);
      return entry.standing;
    },
    once: (wish, ended) =>
      room(wish, ended, async () => {
        const gathered = await pipeline.gather(wish.job, ended);
        return goodOf(gathered.about, await pipeline.evaluate(gathered, ended));
      }),
    peek: (key) => entries.get(key)?.standing,
    again(key) {
      const entry = entries.get(key);
      if (entry?.standing.state !== "rendered" || entry.standing.good.nodes) return;
      if (entry.renderHash === undefined && entry.work) return;
      delete entry.renderHash;
      begin(entry);
    },
    poke(key) {
      const entry = entries.get(key);
      if (!entry) return;
      if (entry.work) entry.dirty = true;
      else begin(entry);
    },
    retryNow(group) {
      for (const entry of entries.values()) {
        const { standing, work, wish } = entry;
        if (wish.group === group && standing.state === "failed" && standing.error.retry !== "never" && !work)
          begin(entry);
      }
    },
    letGo(key, nodesHash) {
      const standing = entries.get(key)?.standing;
      if (standing?.state === "rendered" && standing.good.nodesHash === nodesHash)
        standing.good.nodes = undefined;
    },
    forget(key) {
      const entry = entries.get(key);
      if (entry) end(entry);
      entries.delete(key);
    },
  };
}

const goodOf = (about: About, rendered: Rendered) => ({
  ...{ ...about, ...rendered },
  nodesHash: hashOf(rendered.nodes),
});

/** What is known already of what was gathered: an evaluation of the same has the same end. */
function sameAs(entry: Entry, { about }: Gathered): Standing | undefined {
  const { standing, renderHash } = entry;
  if (renderHash !== about.renderHash) return undefined;
  if (standing.state === "rendered") return { state: "rendered", good: { ...standing.good, ...about } };
  if (standing.state === "failed" && standing.error.retry === "never" && standing.error.stage !== "Fetched")
    return { ...standing, about };
  return undefined;
}

/** A source that is away takes nothing from what was rendered from it before: that is stale, and said to be. */
function failedOr(
  standing: Standing,
  error: RenderingError,
  about: About | undefined,
  now: number,
): Standing {
  const isAway = error.stage === "Fetched" && error.retry === "soon";
  if (standing.state === "rendered" && isAway) {
    const { good } = standing;
    const stale = good.source.stale ?? { since: new Date(now).toISOString(), reason: error.message };
    return { state: "rendered", good: { ...good, source: { ...good.source, stale } } };
  }
  return { state: "failed", error, failures: 0, ...(about ? { about } : {}) };
}

const staleRetry = (standing: Standing) =>
  standing.state === "rendered" && standing.good.source.stale ? ("soon" as const) : undefined;

/** What a resource's status would say: only a change of that wakes its controller. */
function said(standing: Standing): object {
  if (standing.state === "working") return { state: standing.state };
  const source = (about: About | undefined) => [
    about?.source.digest ?? "",
    about?.source.revision ?? "",
    about?.source.stale !== undefined,
  ];
  if (standing.state === "failed") {
    const { stage, reason, errors } = standing.error;
    const { state, failures, about } = standing;
    return { state, stage, reason, errors, isLasting: failures >= LASTING, source: source(about) };
  }
  const { policies, renderHash, nodesHash, violations, nodes } = standing.good;
  const holds = nodes !== undefined;
  return { source: source(standing.good), policies, renderHash, nodesHash, violations, holds };
}

/** A fault of ours or of the renderer's process: no verdict, so it is tried again. */
const fault = (error: unknown): RenderingError =>
  new RenderingError({
    stage: "Rendered",
    reason: "RendererUnavailable",
    retry: "soon",
    errors: [{ message: errorText(error) }],
  });
