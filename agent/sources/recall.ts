import type { Clock } from "../kube/clock.ts";
import { errorText, type Logger } from "../log.ts";
import type { Cache, Remembered } from "./cache/cache.ts";
import { createFlights } from "./flights.ts";
import type { Limits } from "./limits.ts";
import { type Attempt, createRecent } from "./recent.ts";
import { createSlots } from "./slots.ts";
import { type Fetched, type FileTree, SourceError } from "./types.ts";
import { withinTime } from "./within-time.ts";

/** What a source answers when it is asked. */
export type Arrived = { files: FileTree; digest: string; revision?: string };

/** One reference to a source that is far away. */
export interface Question {
  /** Says the reference and the credentials: what was opened with some is found again with the same alone. */
  key: string;
  namespace: string;
  /** On whose share of the cache it counts. */
  tenant: string;
  /** What it waits for: a place among the connections, or among the processes of git. */
  lane: "network" | "git";
  /** It names its content: once here, it is never asked for again. */
  immutable: boolean;
  /**
   * Asks the source. `held`: what the cache has; where the reference still stands for that, the answer is `unchanged`,
   * and nothing else travels. `scratch`: a folder on the cache's disk.
   * @throws SourceError
   */
  ask(held: Remembered | undefined, signal: AbortSignal, scratch: string): Promise<Arrived | "unchanged">;
}

export type Outcome = "fetched" | "unchanged" | "cached" | "stale";
export type Recalled = { fetched: Fetched; outcome: Outcome };
export type Recall = (question: Question, signal: AbortSignal) => Promise<Recalled>;

/** How long a source that could not be reached is left alone, while the cache answers. */
const RETRY_MS = 10_000;

export interface RecallOptions {
  cache: () => Promise<Cache>;
  clock: Clock;
  log: Logger;
  limits: Limits;
}

/** The cache before the network, the network within its limits, the cache again where the network fails. */
export function createRecall({ cache: opened, clock, log, limits }: RecallOptions): Recall {
  const flights = createFlights<Recalled>();
  const lanes = {
    network: createSlots({ total: limits.maxFetches, perGroup: limits.maxFetchesPerNamespace }),
    git: createSlots({ total: limits.maxGitFetches, perGroup: 1 }),
  };
  const attempts = createRecent();
  const isWithin = (attempt: Attempt, ms: number) => clock.monotonic() - attempt.at < ms;
  const rfc3339 = (ms: number) => new Date(ms).toISOString();

  const answer = (held: Remembered, files: FileTree): Fetched => ({
    files,
    digest: held.digest,
    ...(held.revision === undefined ? {} : { revision: held.revision }),
    fetchedAt: rfc3339(held.askedAt),
  });

  /** What the cache may answer without a question, if anything. */
  const fromCache = async (
    cache: Cache,
    { key, tenant, immutable }: Question,
  ): Promise<Recalled | undefined> => {
    const held = await cache.find(key, tenant);
    const attempt = attempts.get(key);
    const isFresh = immutable || (attempt && !attempt.failure && isWithin(attempt, limits.tagTtlMs));
    const isResting = attempt?.failure && isWithin(attempt, Math.min(RETRY_MS, limits.tagTtlMs));
    if (!held || !(isFresh || isResting)) return undefined;
    const files = await cache.files(held, tenant);
    if (!files) return undefined;
    const fetched = answer(held, files);
    if (isFresh || !attempt?.failure) return { fetched, outcome: "cached" };
    return { fetched: { ...fetched, stale: attempt.failure }, outcome: "stale" };
  };

  const fromSource = async (cache: Cache, question: Question, signal: AbortSignal): Promise<Recalled> => {
    const { key, tenant } = question;
    const remembered = await cache.find(key, tenant);
    const files = remembered && (await cache.files(remembered, tenant));
    const held = files && remembered;
    try {
      const arrived = await withinTime(clock, limits.timeoutMs, signal, (inTime) =>
        question.ask(held, inTime, cache.scratch),
      );
      attempts.note(key, tenant, { at: clock.monotonic() });
      if (arrived === "unchanged") {
        if (!held) throw new SourceError("invalid", "said to be unchanged, and nothing is held");
        const confirmed = { ...held, askedAt: clock.now() };
        await cache.confirm(key, tenant, confirmed);
        return { fetched: answer(confirmed, files), outcome: "unchanged" };
      }
      const { files: fresh, ...about } = arrived;
      const asked = { ...about, askedAt: clock.now() };
      await cache.keep(key, tenant, fresh, asked);
      return { fetched: answer({ ...asked, tree: "" }, fresh), outcome: "fetched" };
    } catch (error) {
      if (!held || !isAway(error)) throw error;
      const failure = { since: rfc3339(clock.now()), reason: error.message, ...sinceOf(attempts.get(key)) };
      attempts.note(key, tenant, { at: clock.monotonic(), failure });
      log.warn("a source is away: the cache answers", {
        namespace: question.namespace,
        error: errorText(error),
      });
      return { fetched: { ...answer(held, files), stale: failure }, outcome: "stale" };
    }
  };

  return async (question, signal) => {
    const cache = await opened();
    const known = await fromCache(cache, question);
    if (known) return known;
    // By namespace: nobody waits in the queue of another. Whoever comes second finds it in the cache then.
    return flights.join(`${question.namespace}\n${question.key}`, signal, (left) =>
      lanes[question.lane].run(
        question.namespace,
        left,
        async () => (await fromCache(cache, question)) ?? (await fromSource(cache, question, left)),
      ),
    );
  };
}

const sinceOf = (attempt: Attempt | undefined): { since?: string } =>
  attempt?.failure ? { since: attempt.failure.since } : {};

const isAway = (error: unknown): error is SourceError =>
  error instanceof SourceError && (error.kind === "unreachable" || error.kind === "timeout");
