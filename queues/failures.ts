interface Event {
  seq: number;
}

/** Which events of a batch failed, and why; the first reason counts. */
export class Failures {
  readonly bySeq = new Map<number, string>();

  has(event: Event): boolean {
    return this.bySeq.has(event.seq);
  }

  add(events: Iterable<Event>, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    for (const { seq } of events) if (!this.bySeq.has(seq)) this.bySeq.set(seq, reason);
  }

  addAll({ bySeq }: Failures): void {
    for (const [seq, reason] of bySeq) this.add([{ seq }], reason);
  }

  /** Runs work that these events need; where it throws, they failed. */
  async attempt(events: readonly Event[], work: () => Promise<void>): Promise<void> {
    if (events.length === 0) return;
    try {
      await work();
    } catch (error) {
      this.add(events, error);
    }
  }
}
