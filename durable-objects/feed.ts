import type { EventFilter } from "../protocol/events/filter.ts";
import { inTime } from "../worker/bounded.ts";
import { publishedOf, type StoredEvent } from "../worker/store/stored-event.ts";

/** Bytes flow this often at least: a client that went away is noticed by nothing but a write (workers-sdk #9438). */
const KEEP_ALIVE_MS = 8_000;
/** A feed that is not told of everything looks by itself this often. */
export const LOOK_EVERY_MS = 1_000;
/** A reader that takes nothing for so long is cut off; it resumes with Last-Event-ID. */
const STALL_LIMIT_MS = 60_000;
/** A feed ends no later than the token that opened it would; the client comes back with a new one and resumes. */
const MAX_FEED_MS = 15 * 60_000;
const PAGE = 100;

export type ReadEvents = (filter: EventFilter, after: number, limit: number) => Promise<StoredEvent[]>;

/**
 * One reader of a feed. It reads the database after its own cursor, so it sees each event once and in the order of
 * commits, whatever pokes come late, twice or never; a poke only makes it look sooner. Its reader's pace is its own:
 * it holds one page, and reads on when that is written.
 */
export class FeedListener {
  private pending = false;
  private wakeUp: (() => void) | undefined;
  private readonly read: ReadEvents;
  private readonly filter: EventFilter;
  private cursor: number;
  private readonly lookEveryMs: number;
  private writtenAt = 0;

  /** @param lookEveryMs how long it waits for a poke before it looks all the same */
  constructor(read: ReadEvents, filter: EventFilter, after: number, lookEveryMs = KEEP_ALIVE_MS) {
    this.lookEveryMs = lookEveryMs;
    this.read = read;
    this.filter = filter;
    this.cursor = after;
  }

  /** There may be something new. */
  wake(): void {
    this.pending = true;
    this.wakeUp?.();
  }

  /** Writes until the reader is gone, stalls, or the feed's time is over. */
  async run(writable: WritableStream<Uint8Array>): Promise<void> {
    const writer = writable.getWriter();
    const until = Date.now() + MAX_FEED_MS;
    try {
      await this.write(writer, "retry: 2000\n\n");
      while (Date.now() < until) await this.writeNew(writer);
      await writer.close();
    } catch (error) {
      await writer.abort(error).catch(() => undefined);
    }
  }

  private async writeNew(writer: WritableStreamDefaultWriter<Uint8Array>): Promise<void> {
    this.pending = false;
    const events = await this.read(this.filter, this.cursor, PAGE);
    for (const event of events) {
      await this.write(writer, serverSentEvent(event));
      this.cursor = event.seq;
    }
    if (events.length === PAGE || this.pending) return;
    const poked = await this.waitForPoke();
    if (!poked && Date.now() - this.writtenAt >= KEEP_ALIVE_MS) await this.write(writer, ": keep-alive\n\n");
  }

  /** @returns false where the time to look all the same came first */
  private waitForPoke(): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => done(false), this.lookEveryMs);
      const done = (poked: boolean): void => {
        clearTimeout(timer);
        this.wakeUp = undefined;
        resolve(poked);
      };
      this.wakeUp = () => done(true);
    });
  }

  private async write(writer: WritableStreamDefaultWriter<Uint8Array>, text: string): Promise<void> {
    this.writtenAt = Date.now();
    const written = writer.write(encoder.encode(text));
    await inTime(written, STALL_LIMIT_MS, () => new Error("the reader stalls"));
  }
}

const encoder = new TextEncoder();

const serverSentEvent = (event: StoredEvent): string =>
  `id: ${event.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(publishedOf(event))}\n\n`;
