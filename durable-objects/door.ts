import { DEFAULT_LIMITS, type TenantLimits } from "../domain/limits/figures.ts";
import type { LeaseAnswer } from "../domain/limits/grant.ts";
import type { StoredCount } from "../domain/limits/kept.ts";
import { Quota } from "../domain/limits/quota.ts";
import { type StoredStream, StreamLeases, type StreamVerdict } from "../domain/limits/streams.ts";
import type { LeaseRequest, StreamRequest } from "./rpc.ts";
import { StoredRows } from "./stored-rows.ts";

/** Figures are read again after so long: whoever changed them tells at once, and this is for when that was lost. */
const FIGURES_FRESH_MS = 60_000;

/** What one object counts: requests and open streams, in memory, and stored as far as it must outlive a sleep and a restart. */
export class Door {
  readonly #counts: StoredRows<StoredCount>;
  readonly #quota: Quota;
  readonly #openStreams: StoredRows<StoredStream>;
  readonly #streams: StreamLeases;
  readonly #readFigures: (() => Promise<TenantLimits>) | undefined;
  #figures: TenantLimits = DEFAULT_LIMITS;
  #readAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;
  #generation = 0;

  /** @param readFigures of the tenant; absent where the object is a principal's of no tenant */
  constructor(storage: DurableObjectStorage, readFigures?: () => Promise<TenantLimits>) {
    this.#counts = new StoredRows(storage, "count:");
    this.#quota = new Quota(readFigures !== undefined, this.#counts);
    this.#openStreams = new StoredRows(storage, "stream:");
    this.#streams = new StreamLeases(this.#openStreams);
    this.#readFigures = readFigures;
  }

  async lease({ principalId, own, asked }: LeaseRequest): Promise<LeaseAnswer> {
    const restored = this.#counts.restore((rows) => this.#quota.restore(rows, Date.now()));
    await Promise.all([restored, this.#fresh()]);
    return this.#quota.lease(principalId, own, this.#figures, asked, Date.now());
  }

  async openStream({ id, principalId }: StreamRequest): Promise<StreamVerdict> {
    await Promise.all([this.#restoredStreams(), this.#fresh()]);
    return this.#streams.open(id, principalId, this.#figures, Date.now());
  }

  async renewStream({ id, principalId }: StreamRequest): Promise<void> {
    await this.#restoredStreams();
    this.#streams.renew(id, principalId, Date.now());
  }

  async closeStream(id: string): Promise<void> {
    await this.#restoredStreams();
    this.#streams.close(id);
  }

  /** The next who asks is judged by what the database says then; a read that is under way may have been too early. */
  forgetFigures(): void {
    this.#generation += 1;
    this.#readAt = Number.NEGATIVE_INFINITY;
    this.#reading = undefined;
  }

  #restoredStreams(): Promise<void> {
    return this.#openStreams.restore((rows) => this.#streams.restore(rows, Date.now()));
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
