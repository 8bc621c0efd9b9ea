import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { KeyRingError, MAX_RING_KEYS, parseKeyRing, primaryKey } from "./ring.ts";

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
const key = (byte: number): string => base64(new Uint8Array(32).fill(byte));
const messageOf = (text: string): string => {
  try {
    parseKeyRing(text);
  } catch (error) {
    expect(error).toBeInstanceOf(KeyRingError);
    return (error as Error).message;
  }
  throw new Error("it was taken");
};

const rings = fc.uniqueArray(
  fc.record({
    id: fc.stringMatching(/^[a-z0-9-]{1,32}$/),
    bytes: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  }),
  {
    minLength: 1,
    maxLength: MAX_RING_KEYS,
    comparator: (a, b) => a.id === b.id || base64(a.bytes) === base64(b.bytes),
  },
);

describe("a key ring", () => {
  it("is read as it was written, the last entry being the primary, white space or not", () => {
    fc.assert(
      fc.property(rings, fc.constantFrom("", " ", "\n", "\t "), (entries, space) => {
        const text = entries.map(({ id, bytes }) => `${space}${id}:${base64(bytes)}${space}`).join(",");
        const ring = parseKeyRing(text);
        expect(ring.map(({ id, bytes }) => [id, base64(bytes)])).toEqual(
          entries.map(({ id, bytes }) => [id, base64(bytes)]),
        );
        expect(primaryKey(ring).id).toBe(entries.at(-1)?.id);
      }),
    );
  });

  it.each([
    ["", "it is empty"],
    [" \n", "it is empty"],
    [`k1:${key(1)},`, "entry 2 is empty"],
    [`k1:${key(1)},,k2:${key(2)}`, "entry 2 is empty"],
    [key(1), "entry 1 does not begin with an id"],
    [`:${key(1)}`, "entry 1 does not begin with an id"],
    [`K1:${key(1)}`, "entry 1 does not begin with an id"],
    [`${"k".repeat(33)}:${key(1)}`, "entry 1 does not begin with an id"],
    ["k1:", '"k1" is not the base64 of 32 bytes'],
    [`k1:${base64(new Uint8Array(31))}`, '"k1" is not the base64 of 32 bytes'],
    [`k1:${base64(new Uint8Array(33))}`, '"k1" is not the base64 of 32 bytes'],
    [`k1:${"A".repeat(42)}B=`, '"k1" is not the base64 of 32 bytes'],
    [`k1:${key(1)},k1:${key(2)}`, 'two entries "k1"'],
    [`k1:${key(1)},k2:${key(1)}`, '"k1" and "k2" are the same key'],
    [Array.from({ length: 17 }, (_, n) => `k${n}:${key(n)}`).join(","), "more than 16 entries"],
  ])("is refused where it is not one: %j", (text, message) => {
    expect(messageOf(text)).toContain(message);
  });

  it("never has a key in what it says of itself, however it is mistyped", () => {
    const secret = base64(Uint8Array.from({ length: 32 }, (_, at) => at * 7 + 3));
    const broken = [
      secret,
      `${secret}:k1`,
      `k1=${secret}`,
      `k1:${secret.slice(1)}`,
      `k1:${secret}x`,
      `k1:${secret},k1:${secret}`,
      `k1:${secret},k2:${secret}`,
      `k1:${secret};k2:${key(2)}`,
      `k1 :${secret}`,
    ];
    for (const text of broken) {
      const message = messageOf(text);
      for (let at = 0; at + 6 <= secret.length; at++) expect(message).not.toContain(secret.slice(at, at + 6));
    }
  });
});
