import type { XaesKey } from "./xaes.ts";

/** How long a data key is used without asking its key-encryption key again: as long as it takes until a revoked one ends. */
export const FRESH_MS = 10 * 60_000;
/** How long it goes on where the key service does not answer: its outage is not ours at once. */
export const STALE_MS = 60 * 60_000;
/** How long after a failed try it is used without another one. */
export const RETRY_MS = 30_000;
/** How long an isolate goes on sealing with a key that another one has retired. */
export const ACTIVE_MS = 60_000;
/** Tenants that one isolate serves in an hour, with room; a key takes some hundred bytes. */
const MAX_KEYS = 2_000;

interface Kept {
  key: XaesKey;
  freshUntil: number;
  usableUntil: number;
}

/** Unwrapped data keys of one isolate. What is looked up by one request is never awaited by another: only results are kept. */
export class KeyCache {
  readonly #keys = new Map<string, Kept>();
  readonly #active = new Map<string, { id: string; until: number }>();

  fresh(id: string, now: number): XaesKey | undefined {
    const kept = this.#keys.get(id);
    return kept && now < kept.freshUntil ? kept.key : undefined;
  }

  /** A key past its time, for while its key service is away. */
  stale(id: string, now: number): XaesKey | undefined {
    const kept = this.#keys.get(id);
    if (!kept || now >= kept.usableUntil) return undefined;
    kept.freshUntil = Math.min(now + RETRY_MS, kept.usableUntil);
    return kept.key;
  }

  keep(id: string, key: XaesKey, now: number): XaesKey {
    put(this.#keys, id, { key, freshUntil: now + FRESH_MS, usableUntil: now + STALE_MS });
    return key;
  }

  /** Where the key service says no: whoever took a key away means it. */
  forget(id: string): void {
    this.#keys.delete(id);
  }

  activeOf(owner: string, now: number): string | undefined {
    const active = this.#active.get(owner);
    return active && now < active.until ? active.id : undefined;
  }

  keepActive(owner: string, id: string, now: number): void {
    put(this.#active, owner, { id, until: now + ACTIVE_MS });
  }

  forgetActive(owner: string): void {
    this.#active.delete(owner);
  }
}

/** The oldest gives way. */
function put<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  const [oldest] = map.keys();
  if (map.size >= MAX_KEYS && oldest !== undefined) map.delete(oldest);
  map.set(key, value);
}
