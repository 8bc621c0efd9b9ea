import { onAbort } from "../kube/abort.ts";

export interface Slots {
  /** Runs `work` when there is room; rejects with the signal's reason where that aborts while it waits. */
  run<T>(group: string, signal: AbortSignal, work: () => Promise<T>): Promise<T>;
}

interface Waiting {
  group: string;
  start: () => void;
}

/**
 * Room for `total` at a time, `perGroup` of them of one group. Whoever runs least goes next, and among equals the group
 * that began longest ago: a group with a thousand waiting delays another by one turn.
 */
export function createSlots({ total, perGroup }: { total: number; perGroup: number }): Slots {
  const running = new Map<string, number>();
  const lastStart = new Map<string, number>();
  const queue = new Set<Waiting>();
  let busy = 0;
  let turn = 0;

  const rank = (group: string): [number, number] => [running.get(group) ?? 0, lastStart.get(group) ?? 0];
  const next = (): Waiting | undefined => {
    let best: Waiting | undefined;
    for (const waiting of queue) {
      if (rank(waiting.group)[0] < perGroup && (!best || isBefore(rank(waiting.group), rank(best.group)))) {
        best = waiting;
      }
    }
    return best;
  };
  const startNext = () => {
    for (let one = busy < total ? next() : undefined; one; one = busy < total ? next() : undefined) {
      queue.delete(one);
      busy += 1;
      running.set(one.group, (running.get(one.group) ?? 0) + 1);
      turn += 1;
      lastStart.set(one.group, turn);
      one.start();
    }
    if (busy === 0) lastStart.clear();
  };
  const end = (group: string) => {
    busy -= 1;
    const left = (running.get(group) ?? 1) - 1;
    if (left > 0) running.set(group, left);
    else running.delete(group);
    startNext();
  };
  return {
    async run(group, signal, work) {
      await new Promise<void>((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        const waiting: Waiting = {
          group,
          start() {
            off();
            resolve();
          },
        };
        const off = onAbort(signal, () => {
          queue.delete(waiting);
          reject(signal.reason);
        });
        queue.add(waiting);
        startNext();
      });
      try {
        return await work();
      } finally {
        end(group);
      }
    },
  };
}

const isBefore = (a: [number, number], b: [number, number]): boolean =>
  a[0] !== b[0] ? a[0] < b[0] : a[1] < b[1];
