import type { EngineContext } from "./context.ts";

/** Writes that one graph has in flight at most: a large one leaves room for the others (agent/kube/core.ts has 32 for all). */
const IN_FLIGHT = 24;

/** Gathers pokes into steps, and lets work on objects run: one at a time an object, a few at a time in all. */
export interface Pacer {
  poke: (id: string) => void;
  pokeAfter: (id: string, ms: number) => void;
  perform: (key: string, id: string, work: () => Promise<void>) => boolean;
  isBusy: (key: string, id: string) => boolean;
  stop: () => void;
}

export function createPacer(
  { clock, signal, log }: Pick<EngineContext, "clock" | "signal" | "log">,
  step: (ids: Iterable<string>) => void,
): Pacer {
  let dirty = new Set<string>();
  let planned = false;
  let stopped = false;
  let inFlight = 0;
  const busy = new Map<string, Set<string>>();
  const waiting = new Set<string>();
  const timers = new Map<string, number>();

  const run = () => {
    planned = false;
    if (stopped) return;
    // A step may poke: those come with the same step's end, so that a chain costs no round.
    while (dirty.size > 0) {
      const ids = dirty;
      dirty = new Set();
      step(ids);
      for (const id of waiting) {
        if (inFlight + dirty.size >= IN_FLIGHT) break;
        waiting.delete(id);
        dirty.add(id);
      }
    }
  };
  const poke = (id: string) => {
    if (stopped) return;
    dirty.add(id);
    if (planned) return;
    planned = true;
    setImmediate(run);
  };
  const finished = (key: string, id: string) => {
    inFlight -= 1;
    for (const other of busy.get(key) ?? []) poke(other);
    busy.delete(key);
    poke(id);
  };

  return {
    poke,
    pokeAfter(id, ms) {
      const when = clock.monotonic() + ms;
      if ((timers.get(id) ?? Number.POSITIVE_INFINITY) <= when) return;
      timers.set(id, when);
      clock
        .sleep(ms, signal)
        .then(() => {
          if (timers.get(id) === when) timers.delete(id);
          poke(id);
        })
        .catch(() => {});
    },
    perform(key, id, work) {
      const queue = busy.get(key);
      if (queue) {
        queue.add(id);
        return false;
      }
      if (inFlight >= IN_FLIGHT) {
        waiting.add(id);
        return false;
      }
      inFlight += 1;
      busy.set(key, new Set());
      work()
        .catch((error: unknown) => log.error("a step of the engine threw", { error }))
        .finally(() => finished(key, id));
      return true;
    },
    isBusy(key, id) {
      busy.get(key)?.add(id);
      return busy.has(key);
    },
    stop() {
      stopped = true;
    },
  };
}
