import { createShares } from "./cache/shares.ts";

/** When a source was last asked, by the monotonic clock: a process that starts anew asks again. */
export interface Attempt {
  at: number;
  failure?: { since: string; reason: string };
}

export interface Recent {
  get(key: string): Attempt | undefined;
  note(key: string, tenant: string, attempt: Attempt): void;
}

/** Of these a few hundred bytes each. One that goes has its source asked once more: a tenant's own go first. */
const MAX_ATTEMPTS = 4_096;

export function createRecent(max = MAX_ATTEMPTS): Recent {
  const attempts = new Map<string, Attempt>();
  const shares = createShares({ claimSize: 1, unusedMs: Number.POSITIVE_INFINITY });
  return {
    get: (key) => attempts.get(key),
    note(key, tenant, attempt) {
      attempts.set(key, attempt);
      shares.claim(tenant, key, 1, attempt.at);
      while (shares.total() > max) {
        const next = shares.next(attempt.at);
        if (!next) return;
        shares.release(next.owner, next.name);
        if (!shares.has(next.name)) attempts.delete(next.name);
      }
    },
  };
}
