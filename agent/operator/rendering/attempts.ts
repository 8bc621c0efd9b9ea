import { onAbort } from "../../kube/abort.ts";
import type { Good, Standing, Wish } from "./attempt.ts";
import type { Rendered } from "./job.ts";
import { goodOf } from "./verdicts.ts";
import { createWork, type Entry, type WorkOptions } from "./work.ts";

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

export function createAttempts(options: WorkOptions): Attempts {
  const { pipeline, room, clock, signal } = options;
  const entries = new Map<string, Entry>();
  const { begin, end } = createWork(options);
  onAbort(signal, () => {
    for (const entry of entries.values()) end(entry);
  });

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
