import type { Clock } from "../kube/index.ts";

/**
 * Fresh snapshots, asked for where the cluster no longer holds what was written and the documents are not in memory. A
 * snapshot is the whole set: somebody who fights with the agent over an object must not cost one a second.
 */
export const MIN_GAP_MS = 30_000;

export interface SnapshotRequests {
  /** At once where the last one is long ago, else when its time has come. */
  ask(reason: string): void;
  /** The next hello asks for one. */
  readonly wanted: boolean;
  /** A snapshot was stored. */
  satisfied(): void;
}

export function createSnapshotRequests(options: {
  clock: Clock;
  signal: AbortSignal;
  renew: (reason: string) => void;
}): SnapshotRequests {
  const { clock, signal, renew } = options;
  let wanted = false;
  let waiting = false;
  let lastAsked = Number.NEGATIVE_INFINITY;
  return {
    ask(reason) {
      wanted = true;
      if (waiting) return;
      waiting = true;
      const inMs = Math.max(0, lastAsked + MIN_GAP_MS - clock.monotonic());
      clock.sleep(inMs, signal).then(
        () => {
          waiting = false;
          if (!wanted) return;
          lastAsked = clock.monotonic();
          renew(reason);
        },
        () => {},
      );
    },
    get wanted() {
      return wanted;
    },
    satisfied() {
      wanted = false;
    },
  };
}
