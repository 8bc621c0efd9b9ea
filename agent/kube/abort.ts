const waiting = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls `act` once when the signal aborts; returns the way to take it off. A signal of the process's length has thousands
 * of waiters, and addEventListener looks through all of them each time; here one listener stands for all.
 * The caller looks first whether the signal is aborted already.
 */
export function onAbort(signal: AbortSignal, act: () => void): () => void {
  const acts = waiting.get(signal) ?? listen(signal);
  // Its own entry each time: the same function may wait twice.
  const entry = () => act();
  acts.add(entry);
  return () => void acts.delete(entry);
}

function listen(signal: AbortSignal): Set<() => void> {
  const acts = new Set<() => void>();
  waiting.set(signal, acts);
  const callAll = () => {
    for (const act of acts) {
      acts.delete(act);
      act();
    }
  };
  signal.addEventListener("abort", callAll, { once: true });
  return acts;
}

/** Resolves when the signal aborts, or has. */
export const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
