/**
 * Memory of an object's streams: bytes that agents may send and readers have not taken. What must hold: the sum of all
 * windows is at most STREAM_POOL_BYTES + MAX_STREAMS × MIN_WINDOW_BYTES = 24 MiB, whoever stops reading; and a stream
 * always has MIN_WINDOW_BYTES, so that paused readers never stall another.
 */

/** Each stream's own, whatever others do: 512 of them are 8 MiB. */
export const MIN_WINDOW_BYTES = 16 * 1024;
/** Enough for 25 MB/s at 10 ms of round trip. */
export const MAX_WINDOW_BYTES = 256 * 1024;
/** Shared by all streams of an object: beside it an isolate of 128 MB has room for all else. */
export const STREAM_POOL_BYTES = 16 * 1024 * 1024;
/** A stream's part of what is free: later streams find some left, however many stopped reading with a full window. */
const SHARE = 32;

export interface Window {
  /** Absolute offset up to which the sender may send. */
  granted: number;
  /** Bytes that came, and bytes that the reader took. */
  received: number;
  consumed: number;
}

export const newWindow = (): Window => ({ granted: MIN_WINDOW_BYTES, received: 0, consumed: 0 });

/** Bytes of the pool that a window holds: what it was granted beyond its own. */
export const pooled = (window: Window): number =>
  Math.max(0, window.granted - window.consumed - MIN_WINDOW_BYTES);

/**
 * The new absolute credit after the reader took bytes; undefined where the sender has enough for now, so that not each
 * byte is answered with a frame.
 */
export function grant(window: Window, poolFree: number): number | undefined {
  const share = Math.floor(Math.max(0, poolFree + pooled(window)) / SHARE);
  const size = Math.max(MIN_WINDOW_BYTES, Math.min(MAX_WINDOW_BYTES, share));
  const upTo = window.consumed + size;
  return upTo - window.granted >= size / 2 ? upTo : undefined;
}

/** Whether a frame is what its sender may send. */
export function checkData(window: Window, offset: number, bytes: number): "ok" | "gap" | "beyond-credit" {
  if (offset !== window.received) return "gap";
  return offset + bytes > window.granted ? "beyond-credit" : "ok";
}
