import { describe, expect, it } from "vitest";
import { ACTIVE_MS, FRESH_MS, KeyCache, RETRY_MS, STALE_MS } from "./key-cache.ts";
import { importXaesKey } from "./xaes.ts";

const key = await importXaesKey(new Uint8Array(32));

describe("the keys in an isolate's memory", () => {
  it("are used for ten minutes, and for an hour where the key service is away", () => {
    const cache = new KeyCache();
    cache.keep("a", key, 0);
    expect(cache.fresh("a", FRESH_MS - 1)).toBe(key);
    expect(cache.fresh("a", FRESH_MS)).toBeUndefined();
    expect(cache.stale("a", FRESH_MS)).toBe(key);
    expect(cache.fresh("a", FRESH_MS + RETRY_MS - 1)).toBe(key);
    expect(cache.fresh("a", FRESH_MS + RETRY_MS)).toBeUndefined();
    expect(cache.stale("a", STALE_MS - 1)).toBe(key);
    expect(cache.fresh("a", STALE_MS), "no try begins beyond its end").toBeUndefined();
    expect(cache.stale("a", STALE_MS)).toBeUndefined();
  });

  it("are gone at once where the key service says no", () => {
    const cache = new KeyCache();
    cache.keep("a", key, 0);
    cache.forget("a");
    expect(cache.stale("a", 1)).toBeUndefined();
  });

  it("are bounded: the oldest gives way", () => {
    const cache = new KeyCache();
    for (let n = 0; n < 2_001; n++) cache.keep(String(n), key, 0);
    expect([cache.fresh("0", 1), cache.fresh("1", 1), cache.fresh("2000", 1)]).toEqual([undefined, key, key]);
  });

  it("say for a minute which one is active", () => {
    const cache = new KeyCache();
    cache.keepActive("ten_a", "dek_a", 0);
    expect(cache.activeOf("ten_a", ACTIVE_MS - 1)).toBe("dek_a");
    expect(cache.activeOf("ten_a", ACTIVE_MS)).toBeUndefined();
    cache.keepActive("ten_a", "dek_b", 0);
    cache.forgetActive("ten_a");
    expect(cache.activeOf("ten_a", 1)).toBeUndefined();
  });
});
