import type { Span } from "./otlp.ts";

/** Spans that wait: some MB at most, where whoever takes them is away. */
export const MAX_WAITING_SPANS = 2048;
export const MAX_BATCH_SPANS = 512;

/** Spans on their way out. Bounded: what finds no room is dropped and counted, and nobody waits for it. */
export class SpanQueue {
  #waiting: Span[] = [];
  #dropped = 0;

  get size(): number {
    return this.#waiting.length;
  }

  add(span: Span): void {
    if (this.#waiting.length < MAX_WAITING_SPANS) this.#waiting.push(span);
    else this.#dropped += 1;
  }

  /** The oldest, at most a batch. */
  take(): Span[] {
    return this.#waiting.splice(0, MAX_BATCH_SPANS);
  }

  /** A batch that nobody took. */
  lost(spans: readonly Span[]): void {
    this.#dropped += spans.length;
  }

  /** Spans dropped since this was last asked. */
  takeDropped(): number {
    const dropped = this.#dropped;
    this.#dropped = 0;
    return dropped;
  }
}
