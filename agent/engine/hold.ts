/** A shared watch, for as long as it is held. */
export interface Hold {
  /** All that exists of it is known. */
  ready(): boolean;
  /** It has been ready, and the API server refuses it now: what is known of it grows old. */
  isLost(): boolean;
  readonly synced: Promise<void>;
  /** Why it is not ready. */
  problem(): string | undefined;
  /** Told when it becomes ready, and when it is no more; returns the way to take it off. */
  on(listener: () => void): () => void;
  release(): void;
}

/**
 * The second watch is opened when the first has been refused; one of the two is enough. `refused` resolves once in the life
 * of the first, which others may have seen refused long ago: it may be ready since, and lost again later.
 */
export function eitherOf(first: Hold, refused: Promise<void>, open: () => Hold): Hold {
  const synced = Promise.withResolvers<void>();
  const listeners = new Set<() => void>();
  const tell = () => {
    for (const listener of [...listeners]) listener();
  };
  let second: Hold | undefined;
  let released = false;
  let isRefused = false;
  const openSecond = () => {
    if (second || released || !isRefused || first.ready()) return;
    second = open();
    offs.push(second.on(tell));
    second.synced.then(synced.resolve).catch(() => {});
  };
  const offs = [
    first.on(() => {
      openSecond();
      tell();
    }),
  ];
  first.synced.then(synced.resolve, synced.reject);
  synced.promise.catch(() => {});
  void refused.then(() => {
    isRefused = true;
    openSecond();
  });
  const ready = () => first.ready() || second?.ready() === true;
  return {
    ready,
    isLost: () => !ready() && (first.isLost() || second?.isLost() === true),
    synced: synced.promise,
    problem: () => (second ? second.problem() : first.problem()),
    on(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    release() {
      released = true;
      for (const off of offs) off();
      first.release();
      second?.release();
    },
  };
}
