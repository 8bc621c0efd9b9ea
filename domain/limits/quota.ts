import type { TenantLimits } from "./figures.ts";
import { grantLease, type LeaseAnswer } from "./grant.ts";
import { KeptWindow, type StoredCount } from "./kept.ts";

/** Principals whose windows are looked through for empty ones at a time. */
const SWEEP_AT = 1_000;
/** As many counts that are over may stay stored: most are written anew, and to delete one costs what a write does. */
const MAX_OVER = 100;
/** Where the tenant's own count is stored: no principal's id. */
const TENANT = "tenant";

/** Where counts outlive their object, by whom they are of. */
export interface CountStore {
  put(owner: string, count: StoredCount): void;
  delete(owner: string): void;
}

/** The counts that one object holds: of a tenant where there is one, and of each principal that was counted of late. */
export class Quota {
  readonly #store: CountStore;
  #tenant: KeptWindow | undefined;
  readonly #principals = new Map<string, KeptWindow>();
  #sweepAt = SWEEP_AT;

  constructor(ofTenant: boolean, store: CountStore) {
    this.#tenant = ofTenant ? new KeptWindow() : undefined;
    this.#store = store;
  }

  /** Goes on from what is stored: to be called before the first lease. */
  restore(stored: ReadonlyMap<string, StoredCount>, now: number): void {
    const over: string[] = [];
    for (const [owner, count] of stored) {
      const window = KeptWindow.restored(count);
      if (owner === TENANT) this.#tenant = window;
      else if (window.resetMs(now) > 0) this.#principals.set(owner, window);
      else over.push(owner);
    }
    if (over.length > MAX_OVER) for (const owner of over) this.#store.delete(owner);
  }

  /** @param own the figure that a key is held to, where it has one: it lifts none of the tenant's */
  lease(
    principalId: string,
    own: number | undefined,
    limits: TenantLimits,
    asked: number,
    now: number,
  ): LeaseAnswer {
    const principal = {
      name: "principal",
      owner: principalId,
      limit: Math.min(own ?? Number.POSITIVE_INFINITY, limits.principalRequestsPerMinute),
      window: this.#windowOf(principalId, now),
    };
    const tenant = this.#tenant && {
      name: "tenant",
      owner: TENANT,
      limit: limits.requestsPerMinute,
      window: this.#tenant,
    };
    const counted = tenant ? [tenant, principal] : [principal];
    const answer = grantLease(counted, asked, now);
    if (answer.granted === 0) return answer;
    for (const { owner, limit, window } of counted) {
      const toStore = window.settle(answer.granted, limit, now);
      if (toStore) this.#store.put(owner, toStore);
    }
    return answer;
  }

  #windowOf(principalId: string, now: number): KeptWindow {
    const known = this.#principals.get(principalId);
    if (known) return known;
    if (this.#principals.size >= this.#sweepAt) this.#sweep(now);
    const window = new KeptWindow();
    this.#principals.set(principalId, window);
    return window;
  }

  #sweep(now: number): void {
    for (const [id, window] of this.#principals) {
      if (window.resetMs(now) > 0) continue;
      this.#principals.delete(id);
      this.#store.delete(id);
    }
    this.#sweepAt = Math.max(SWEEP_AT, 2 * this.#principals.size);
  }
}
