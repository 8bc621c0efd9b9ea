import type { Clock, Random } from "../../kube/index.ts";
import type { RenderingError, Retry } from "./failure.ts";
import type { About, Rendered, RenderJob } from "./job.ts";

/** What a resource wants rendered. Equal wishes have equal hashes. */
export interface Wish {
  /** Of the resource: `Kind/namespace/name`. */
  key: string;
  hash: string;
  /** Whoever shares it shares the room for fetches and renders: the tenant. */
  group: string;
  job: RenderJob;
  /** Something of it comes over the network, and may keep it waiting. */
  isFar: boolean;
  /** How often to look again at what moves; undefined: nothing of it moves. */
  intervalMs?: number;
}

/** What became of a module. `nodes` are let go where the graph holds them; `nodesHash` stays. */
export type Good = About &
  Omit<Rendered, "nodes"> & { nodes: Rendered["nodes"] | undefined; nodesHash: string };

/** How the newest wish stands. `about`: what was fetched, where that is known. `failures`: in a row. */
export type Standing =
  | { state: "working"; sinceMs: number }
  | { state: "rendered"; good: Good }
  | { state: "failed"; error: RenderingError; failures: number; about?: About };

const BACKOFF: Readonly<Record<Exclude<Retry, "never">, { baseMs: number; capMs: number }>> = {
  soon: { baseMs: 1_000, capMs: 60_000 },
  slow: { baseMs: 5_000, capMs: 300_000 },
};
/** So that a thousand of one registry do not come at once. */
const INTERVAL_SPREAD = 0.2;

/**
 * Milliseconds until the next attempt; undefined: only another wish, or a poke, begins one.
 * @param failures in a row, of this wish
 */
export function nextAttemptMs(
  retry: Retry | undefined,
  failures: number,
  intervalMs: number | undefined,
  random: Random,
): number | undefined {
  const interval =
    intervalMs === undefined
      ? undefined
      : intervalMs * (1 - INTERVAL_SPREAD / 2 + INTERVAL_SPREAD * random());
  if (retry === undefined || retry === "never") return interval;
  const { baseMs, capMs } = BACKOFF[retry];
  const ceiling = Math.min(capMs, baseMs * 2 ** Math.min(failures, 20));
  // Full jitter, with a floor: none comes at once.
  const backoff = ceiling / 10 + ceiling * 0.9 * random();
  return interval === undefined ? backoff : Math.min(interval, backoff);
}

/** Calls `work` after a while; the answer takes that back. */
export function after(clock: Clock, ms: number, work: () => void): () => void {
  const controller = new AbortController();
  clock.sleep(ms, controller.signal).then(work, () => {});
  return () => controller.abort();
}
