import type { TenantLimits } from "./figures.ts";
import { grantLease, type LeaseAnswer } from "./grant.ts";
import { QuotaWindow } from "./window.ts";

/** Principals whose windows are looked through for empty ones at a time. */
const SWEEP_AT = 1_000;

/** The counts that one object holds: of a tenant where there is one, and of each principal that was counted of late. */
export class Quota {
  readonly #tenant: QuotaWindow | undefined;
  readonly #principals = new Map<string, QuotaWindow>();
  #sweepAt = SWEEP_AT;

  constructor(ofTenant: boolean) {
    this.#tenant = ofTenant ? new QuotaWindow() : undefined;
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
      limit: Math.min(own ?? Number.POSITIVE_INFINITY, limits.principalRequestsPerMinute),
      window: this.#windowOf(principalId, now),
    };
    const tenant = this.#tenant && {
      name: "tenant",
      limit: limits.requestsPerMinute,
      window: this.#tenant,
    };
    return grantLease(tenant ? [tenant, principal] : [principal], asked, now);
  }

  #windowOf(principalId: string, now: number): QuotaWindow {
    const known = this.#principals.get(principalId);
    if (known) return known;
    if (this.#principals.size >= this.#sweepAt) this.#sweep(now);
    const window = new QuotaWindow();
    this.#principals.set(principalId, window);
    return window;
  }

  #sweep(now: number): void {
    for (const [id, window] of this.#principals) {
      if (window.resetMs(now) === 0) this.#principals.delete(id);
    }
    this.#sweepAt = Math.max(SWEEP_AT, 2 * this.#principals.size);
  }
}
