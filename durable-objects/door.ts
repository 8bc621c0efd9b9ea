import { DEFAULT_LIMITS, type TenantLimits } from "../domain/limits/figures.ts";
import type { LeaseAnswer } from "../domain/limits/grant.ts";
import { Quota } from "../domain/limits/quota.ts";
import { StreamLeases, type StreamVerdict } from "../domain/limits/streams.ts";
import type { StoredCounts } from "./counts.ts";
import type { LeaseRequest, StreamRequest } from "./rpc.ts";

/** Figures are read again after so long: whoever changed them tells at once, and this is for when that was lost. */
const FIGURES_FRESH_MS = 60_000;

/**
 * What one object counts: requests, in memory and stored, so that the count outlives a sleep and a restart; and open streams,
 * in memory alone.
 */
export class Door {
  readonly #stored: StoredCounts;
  readonly #quota: Quota;
  /** Done once, with the first lease: an object that is asked for something else reads no counts. */
  #restoring: Promise<void> | undefined;
  readonly #streams = new StreamLeases();
  readonly #readFigures: (() => Promise<TenantLimits>) | undefined;
  #figures: TenantLimits = DEFAULT_LIMITS;
  #readAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;
  #generation = 0;

  /** @param readFigures of the tenant; absent where the object is a principal's of no tenant */
  constructor(stored: StoredCounts, readFigures?: () => Promise<TenantLimits>) {
    this.#stored = stored;
    this.#readFigures = readFigures;
    this.#quota = new Quota(readFigures !== undefined, stored);
  }

  async lease({ principalId, own, asked }: LeaseRequest): Promise<LeaseAnswer> {
    this.#restoring ??= this.#restore();
    await Promise.all([this.#restoring, this.#fresh()]);
    return this.#quota.lease(principalId, own, this.#figures, asked, Date.now());
  }

  async openStream({ id, principalId }: StreamRequest): Promise<StreamVerdict> {
    await this.#fresh();
    return this.#streams.open(id, principalId, this.#figures, Date.now());
  }

  renewStream({ id, principalId }: StreamRequest): void {
    this.#streams.renew(id, principalId, Date.now());
  }

  closeStream(id: string): void {
    this.#streams.close(id);
  }

  /** The next who asks is judged by what the database says then; a read that is under way may have been too early. */
  forgetFigures(): void {
    this.#generation += 1;
    this.#readAt = Number.NEGATIVE_INFINITY;
    this.#reading = undefined;
  }

  /** Where the storage does not answer, the lease fails, and the next one tries again. */
  async #restore(): Promise<void> {
    try {
      this.#quota.restore(await this.#stored.load(), Date.now());
    } catch (error) {
      this.#restoring = undefined;
      throw error;
    }
  }

  async #fresh(): Promise<void> {
    if (!this.#readFigures || Date.now() - this.#readAt < FIGURES_FRESH_MS) return;
    this.#reading ??= this.#read(this.#readFigures, this.#generation);
    await this.#reading;
  }

  /** Where the database does not answer, what was known holds on. */
  async #read(readFigures: () => Promise<TenantLimits>, generation: number): Promise<void> {
    const figures = await readFigures().catch((error: unknown) => {
      console.warn(JSON.stringify({ message: "a tenant's limits were not read", error: String(error) }));
      return this.#figures;
    });
    if (generation !== this.#generation) return;
    this.#figures = figures;
    this.#readAt = Date.now();
    this.#reading = undefined;
  }
}
