import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { importXaesKey, xaesOpen, xaesSeal } from "./xaes.ts";

const utf8 = (text: string) => new Uint8Array(new TextEncoder().encode(text));
const hex = (bytes: Uint8Array) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const bytes = (minLength: number, maxLength = minLength) =>
  fc.uint8Array({ minLength, maxLength }).map((all) => new Uint8Array(all));

describe("XAES-256-GCM", () => {
  it.each([
    [1, "", "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271"],
    [3, "c2sp.org/XAES-256-GCM", "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d"],
  ])("seals as the specification's vector of a key of %d says", async (byte, additional, expected) => {
    const key = await importXaesKey(new Uint8Array(32).fill(byte));
    const nonce = utf8("ABCDEFGHIJKLMNOPQRSTUVWX");
    const sealed = await xaesSeal(key, nonce, utf8("XAES-256-GCM"), utf8(additional));
    expect(hex(sealed)).toBe(expected);
    expect(await xaesOpen(key, nonce, sealed, utf8(additional))).toEqual(utf8("XAES-256-GCM"));
  });

  it("opens what it sealed, and nothing of which a single bit is another", async () => {
    const parts = fc.record({
      key: bytes(32),
      nonce: bytes(24),
      plaintext: bytes(0, 40),
      additional: bytes(1, 20),
    });
    await fc.assert(
      fc.asyncProperty(parts, fc.nat(), async ({ key, nonce, plaintext, additional }, bit) => {
        const imported = await importXaesKey(key);
        const sealed = await xaesSeal(imported, nonce, plaintext, additional);
        expect(await xaesOpen(imported, nonce, sealed, additional)).toEqual(plaintext);
        const flip = (all: Uint8Array<ArrayBuffer>) => {
          const other = all.slice();
          const at = (bit >> 3) % all.length;
          other[at] = (other[at] ?? 0) ^ (1 << (bit & 7));
          return other;
        };
        await expect(xaesOpen(imported, nonce, flip(sealed), additional)).rejects.toThrow();
        await expect(xaesOpen(imported, flip(nonce), sealed, additional)).rejects.toThrow();
        await expect(xaesOpen(imported, nonce, sealed, flip(additional))).rejects.toThrow();
        await expect(xaesOpen(await importXaesKey(flip(key)), nonce, sealed, additional)).rejects.toThrow();
      }),
    );
  });
});
