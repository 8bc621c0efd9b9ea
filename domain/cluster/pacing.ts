/**
 * Towards a person's WebSocket the runtime gives no signal: a paused reader's bytes pile up in its memory (workerd #988).
 * So what a reader may have been sent and not taken is bounded by assumption. Two rules:
 *
 * 1. A token bucket paces each socket, so that a chatty client that does not read fills memory slowly.
 * 2. Bytes since the client's last message are counted. Over a bound, for the socket or for all sockets of the object
 *    together (then the one with the most), the socket is closed with a reason. No clock lifts this bound: a reader that
 *    has been silent for an hour may have been paused for an hour.
 *
 * The bound is what an object's growth may be (32 MB with a paused HTTP reader beside it, whose answer the runtime
 * buffers up to about 13 MB), and larger than what an interactive session gets without a key being pressed.
 */
export const CLIENT_BURST_BYTES = 4 * 1024 * 1024;
export const CLIENT_BYTES_PER_SECOND = 8 * 1024 * 1024;
export const CLIENT_SILENT_BYTES = 8 * 1024 * 1024;
export const ALL_CLIENTS_SILENT_BYTES = 12 * 1024 * 1024;

export interface Bucket {
  tokens: number;
  /** Milliseconds since 1970. */
  at: number;
}

export const fullBucket = (now: number): Bucket => ({ tokens: CLIENT_BURST_BYTES, at: now });

/** Takes bytes; the bucket may go below zero, and more is sent only when it is back above. */
export function spend(bucket: Bucket, bytes: number, now: number): Bucket {
  const filled = bucket.tokens + ((now - bucket.at) / 1000) * CLIENT_BYTES_PER_SECOND;
  return { tokens: Math.min(CLIENT_BURST_BYTES, filled) - bytes, at: now };
}

/** Milliseconds until a bucket is above zero. */
export const waitMs = (bucket: Bucket): number =>
  bucket.tokens >= 0 ? 0 : Math.ceil((-bucket.tokens / CLIENT_BYTES_PER_SECOND) * 1000);

/** The socket to close, where what silent clients were sent is over a bound. */
export function tooSilent<Id>(sent: ReadonlyMap<Id, number>): Id | undefined {
  let most: Id | undefined;
  let total = 0;
  for (const [id, bytes] of sent) {
    total += bytes;
    if (most === undefined || bytes > (sent.get(most) ?? 0)) most = id;
  }
  if (most === undefined) return undefined;
  return (sent.get(most) ?? 0) > CLIENT_SILENT_BYTES || total > ALL_CLIENTS_SILENT_BYTES ? most : undefined;
}
