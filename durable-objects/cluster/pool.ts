import {
  grant,
  MIN_WINDOW_BYTES,
  pooled,
  STREAM_POOL_BYTES,
  type Window,
} from "../../domain/cluster/credit.ts";

/** Bytes towards agents that they have not made room for, of all streams; a stream's own share is MIN_WINDOW_BYTES. */
const UPLOAD_POOL_BYTES = 8 * 1024 * 1024;
const UPLOAD_SHARE = 16;

/** What an object's streams share: see domain/cluster/credit.ts. */
export class StreamPool {
  #down = 0;
  #up = 0;

  /** Takes a window in: of a new stream, or of one found again after the object slept. */
  join(window: Window): void {
    this.#down += pooled(window);
  }

  leave(window: Window): void {
    this.#down -= pooled(window);
  }

  /** The reader took bytes. @returns the new credit, where the sender is to hear of one */
  consume(window: Window, bytes: number): number | undefined {
    const before = pooled(window);
    window.consumed += bytes;
    const upTo = grant(window, STREAM_POOL_BYTES - this.#down + before - pooled(window));
    if (upTo !== undefined) window.granted = upTo;
    this.#down += pooled(window) - before;
    return upTo;
  }

  /** How many bytes a stream may have under way towards the agent. */
  uploadLimit(own: number): number {
    return Math.max(MIN_WINDOW_BYTES, Math.floor((UPLOAD_POOL_BYTES - this.#up + own) / UPLOAD_SHARE));
  }

  uploading(bytes: number): void {
    this.#up += bytes;
  }
}
