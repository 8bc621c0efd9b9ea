/** An object's one alarm: it rings at the earliest time that was asked for. */
export class Clock {
  readonly #storage: DurableObjectStorage;
  /** When it is set for; undefined while that is not known. */
  #armedAt: number | null | undefined;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  rang(): void {
    this.#armedAt = null;
  }

  async armAt(at: number | null): Promise<void> {
    if (at === null) return;
    if (this.#armedAt === undefined) this.#armedAt = await this.#storage.getAlarm();
    if (this.#armedAt !== null && this.#armedAt <= at) return;
    this.#armedAt = at;
    await this.#storage.setAlarm(at);
  }
}
