import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { configurationProblems } from "../middleware/configuration.ts";
import { deriveKey, keyRing } from "./ring.ts";

const key = (byte: number): string => btoa(String.fromCharCode(...new Uint8Array(32).fill(byte)));
const withRing = (text: string | undefined) => ({ ...env, KEY_RING: text as string });

/** RFC 5869 by hand, of one block: HMAC(HMAC(salt, key), info and a 1). */
async function hkdfByHand(secret: Uint8Array<ArrayBuffer>, info: string): Promise<Uint8Array<ArrayBuffer>> {
  const hmac = async (by: Uint8Array<ArrayBuffer>, message: Uint8Array<ArrayBuffer>) => {
    const how = { name: "HMAC", hash: "SHA-256" };
    const imported = await crypto.subtle.importKey("raw", by, how, false, ["sign"]);
    return new Uint8Array(await crypto.subtle.sign("HMAC", imported, message));
  };
  const encode = (text: string) => new Uint8Array(new TextEncoder().encode(text));
  return hmac(await hmac(encode("kubenova"), secret), new Uint8Array([...encode(info), 1]));
}

describe("what is derived from the ring", () => {
  it("is HKDF-SHA-256 of each entry, the last being the primary", async () => {
    const keys = await deriveKey(withRing(`old:${key(1)},new:${key(2)}`), "a-use/v1");
    const expected = (byte: number) => hkdfByHand(new Uint8Array(32).fill(byte), "a-use/v1");
    expect(keys).toEqual([
      { kid: "old", primary: false, bytes: await expected(1) },
      { kid: "new", primary: true, bytes: await expected(2) },
    ]);
  });

  it("is another for each use and each ring, and the same where both are", async () => {
    const ring = withRing(`k1:${key(1)}`);
    const [a] = await deriveKey(ring, "a-use/v1");
    const [b] = await deriveKey(ring, "b-use/v1");
    const [other] = await deriveKey(withRing(`k1:${key(2)}`), "a-use/v1");
    expect(a?.bytes).not.toEqual(b?.bytes);
    expect(a?.bytes).not.toEqual(other?.bytes);
    expect((await deriveKey(ring, "a-use/v1"))[0]).toBe(a);
  });
});

describe("a manager without a ring", () => {
  it("says how to make one, or what is wrong, and never shows a key", () => {
    expect(configurationProblems(env)).toEqual([]);
    expect(configurationProblems(withRing(undefined)).join()).toContain("openssl rand -base64 32");
    const [problem] = configurationProblems(withRing(`k1:${key(9)}x`));
    expect(problem).toContain('its entry "k1" is not the base64 of 32 bytes');
    expect(problem).not.toContain(key(9).slice(0, 8));
    expect(() => keyRing(withRing(""))).toThrow(expect.objectContaining({ code: "KN-1901" }));
  });
});
