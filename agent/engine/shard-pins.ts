import { KubeError } from "../kube/index.ts";

/** A write without an answer may yet be carried out: the API server gives up on a request long before this. */
const UNANSWERED_MS = 600_000;

/** Names that are about to be named by something stored, or may come to be. */
export interface ShardPins {
  has(name: string): boolean;
  during<T>(names: readonly string[], naming: () => Promise<T>): Promise<T>;
  /** It is gone. */
  forget(name: string): void;
  /** Drops what has expired. */
  tidy(): void;
}

export function createShardPins(now: () => number): ShardPins {
  const pinned = new Map<string, number>();
  /** Until when those may yet come to be named whose naming had no answer. */
  const unanswered = new Map<string, number>();
  const unpin = (name: string) => {
    const left = (pinned.get(name) ?? 1) - 1;
    if (left === 0) pinned.delete(name);
    else pinned.set(name, left);
  };
  return {
    has: (name) => pinned.has(name) || (unanswered.get(name) ?? 0) > now(),
    async during(names, naming) {
      for (const name of names) pinned.set(name, (pinned.get(name) ?? 0) + 1);
      try {
        return await naming();
      } catch (error) {
        const isAnswered = error instanceof KubeError && error.kind !== "transient";
        if (!isAnswered) for (const name of names) unanswered.set(name, now() + UNANSWERED_MS);
        throw error;
      } finally {
        for (const name of names) unpin(name);
      }
    },
    forget: (name) => void unanswered.delete(name),
    tidy() {
      for (const [name, until] of unanswered) if (until <= now()) unanswered.delete(name);
    },
  };
}
