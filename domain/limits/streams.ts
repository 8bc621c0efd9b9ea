import type { TenantLimits } from "./figures.ts";

/** An isolate says this often that a stream is still open. */
export const STREAM_RENEW_MS = 20_000;
/** A stream of which nothing was heard for so long is over: its isolate died, or the way to the object is broken. */
export const STREAM_LEASE_MS = 60_000;

interface OpenStream {
  principalId: string;
  until: number;
}

export type StreamVerdict = { ok: true } | { ok: false; limit: "tenant" | "principal"; most: number };

/** The streams that are open of one tenant, or of one principal of none. */
export class StreamLeases {
  readonly #open = new Map<string, OpenStream>();

  open(id: string, principalId: string, limits: TenantLimits, now: number): StreamVerdict {
    this.#expire(now);
    if (this.#open.size >= limits.streams) return { ok: false, limit: "tenant", most: limits.streams };
    const own = [...this.#open.values()].filter((each) => each.principalId === principalId).length;
    if (own >= limits.principalStreams) {
      return { ok: false, limit: "principal", most: limits.principalStreams };
    }
    this.#open.set(id, { principalId, until: now + STREAM_LEASE_MS });
    return { ok: true };
  }

  /** One that is not known, because this object was restarted, is counted again. */
  renew(id: string, principalId: string, now: number): void {
    this.#open.set(id, { principalId, until: now + STREAM_LEASE_MS });
  }

  close(id: string): void {
    this.#open.delete(id);
  }

  count(now: number): number {
    this.#expire(now);
    return this.#open.size;
  }

  #expire(now: number): void {
    for (const [id, { until }] of this.#open) if (until <= now) this.#open.delete(id);
  }
}
