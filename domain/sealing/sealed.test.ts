import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatId } from "../ids/index.ts";
import { boundTo, decodeSealed, encodeSealed, NONCE_BYTES, sealedBound, TAG_BYTES } from "./sealed.ts";

const ULID = "01KAJ7Z8Q4X2N6V0D3M5R9T1WB";
const bytes = (length: { minLength: number; maxLength: number }) =>
  fc.uint8Array(length).map((all) => new Uint8Array(all));
const sealeds = fc.record({
  dataKeyId: fc.constant(formatId("dataKey", ULID)),
  nonce: bytes({ minLength: NONCE_BYTES, maxLength: NONCE_BYTES }),
  ciphertext: bytes({ minLength: TAG_BYTES, maxLength: 200 }),
});
const texts = fc.string({ unit: "grapheme", maxLength: 12 });
const parts = fc.array(fc.option(texts), { maxLength: 5 });
const hex = (all: Uint8Array): string => Buffer.from(all).toString("hex");

describe("a sealed text", () => {
  it("has its parts again when it is read", () => {
    fc.assert(
      fc.property(sealeds, (sealed) => {
        expect(decodeSealed(encodeSealed(sealed))).toEqual(sealed);
      }),
    );
  });

  it("has one form: no other text is read as the same", () => {
    fc.assert(
      fc.property(sealeds, fc.nat(), fc.nat(127), (sealed, at, code) => {
        const text = encodeSealed(sealed);
        const place = at % text.length;
        const other = text.slice(0, place) + String.fromCharCode(code) + text.slice(place + 1);
        fc.pre(other !== text);
        const read = decodeSealed(other);
        if (read) expect(encodeSealed(read)).toBe(other);
      }),
    );
  });

  it.each([
    "",
    "kn1",
    "kn1..",
    `kn2.dek_${ULID}.${"A".repeat(56)}`,
    `kn1.ten_${ULID}.${"A".repeat(56)}`,
    `kn1.dek_${ULID}.${"A".repeat(52)}`,
    `kn1.dek_${ULID}.${"A".repeat(54)}=`,
    `kn1.dek_${ULID}.${"A".repeat(53)}+/`,
    `kn1.dek_${ULID}.${"A".repeat(57)}`,
    `kn1.dek_${ULID}.${"A".repeat(57)}B`,
    `kn1.dek_${ULID}.${"A".repeat(56)}.x`,
    ` kn1.dek_${ULID}.${"A".repeat(56)}`,
  ])("is not this: %j", (text) => {
    expect(decodeSealed(text)).toBeUndefined();
  });
});

describe("what it is bound to", () => {
  it("has other bytes wherever a part is another, or ends elsewhere", () => {
    fc.assert(
      fc.property(parts, parts, (a, b) => {
        expect(hex(boundTo(a)) === hex(boundTo(b))).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
    );
    expect(hex(boundTo(["ab", "c"]))).not.toBe(hex(boundTo(["a", "bc"])));
    expect(hex(boundTo([null, ""]))).not.toBe(hex(boundTo(["", null])));
  });

  it("tells tenant, purpose, id and data key apart", () => {
    const all = new Set<string>();
    for (const tenantId of [null, "", "a", "b"])
      for (const purpose of ["", "a", "b"])
        for (const id of ["", "a", "b"])
          for (const key of ["a", "b"]) all.add(hex(sealedBound(key, { tenantId, purpose, id })));
    expect(all.size).toBe(4 * 3 * 3 * 2);
  });

  it("refuses what UTF-8 would make the same", () => {
    expect(() => boundTo(["\ud800"])).toThrow(TypeError);
  });
});
