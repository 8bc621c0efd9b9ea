import type { TenantLimits } from "./figures.ts";

/** An isolate says this often that a stream is still open. */
export const STREAM_RENEW_MS = 20_000;
/** A stream of which nothing was heard for so long is over: its isolate died, or the way to the object is broken. */
export const STREAM_LEASE_MS = 60_000;
/** A stream is stored for so long, and anew when half of it has passed: a write for each renewal would be too many. */
export const STREAM_STORED_MS = 10 * 60_000;

/** A stream as it is stored. */
export interface StoredStream {
  principalId: string;
  /** Milliseconds since 1970. */
  until: number;
}

/** Where streams outlive the object that counts them. */
export interface StreamStore {
  put(id: string, stream: StoredStream): void;
  delete(id: string): void;
}

interface OpenStream {
  principalId: string;
  until: number;
  /** 0 where it is not stored. */
  storedUntil: number;
}

export type StreamVerdict = { ok: true } | { ok: false; limit: "tenant" | "principal"; most: number };

/**
 * The streams that are open of one tenant, or of one principal of none. A stream is stored with its first renewal: most are
 * proxied requests and over before it, and cost no write. An object that nobody asks sleeps between renewals, and forgets
 * what is younger; these are at most as many again as are allowed.
 */
export class StreamLeases {
  readonly #store: StreamStore;
  readonly #open = new Map<string, OpenStream>();

  constructor(store: StreamStore) {
    this.#store = store;
  }

  /** Goes on from what is stored: to be called before all else. */
  restore(stored: ReadonlyMap<string, StoredStream>, now: number): void {
    for (const [id, { principalId, until: storedUntil }] of stored) {
      const until = Math.min(storedUntil, now + STREAM_LEASE_MS);
      this.#open.set(id, { principalId, until, storedUntil });
    }
    this.#expire(now);
  }

  open(id: string, principalId: string, limits: TenantLimits, now: number): StreamVerdict {
    this.#expire(now);
    if (this.#open.size >= limits.streams) return { ok: false, limit: "tenant", most: limits.streams };
    const own = [...this.#open.values()].filter((each) => each.principalId === principalId).length;
    if (own >= limits.principalStreams) {
      return { ok: false, limit: "principal", most: limits.principalStreams };
    }
    this.#open.set(id, { principalId, until: now + STREAM_LEASE_MS, storedUntil: 0 });
    return { ok: true };
  }

  /** One that is not known, because this object was restarted, is counted again. */
  renew(id: string, principalId: string, now: number): void {
    let storedUntil = this.#open.get(id)?.storedUntil ?? 0;
    if (storedUntil - now < STREAM_STORED_MS / 2) {
      storedUntil = now + STREAM_STORED_MS;
      this.#store.put(id, { principalId, until: storedUntil });
    }
    this.#open.set(id, { principalId, until: now + STREAM_LEASE_MS, storedUntil });
  }

  close(id: string): void {
    const stream = this.#open.get(id);
    this.#open.delete(id);
    if (stream && stream.storedUntil > 0) this.#store.delete(id);
  }

  count(now: number): number {
    this.#expire(now);
    return this.#open.size;
  }

  #expire(now: number): void {
    for (const [id, { until }] of this.#open) if (until <= now) this.close(id);
  }
}
