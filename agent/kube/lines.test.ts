import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createLineDecoder } from "./lines.ts";

const line = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 30 })
  .map((text) => JSON.stringify({ text }));

describe("the line decoder", () => {
  it("gives the same lines however the bytes are cut, in the middle of characters too", () => {
    const cuts = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(fc.array(line, { maxLength: 10 }), line, cuts, (lines, unfinished, sizes) => {
        const bytes = Buffer.from(lines.map((one) => `${one}\n`).join("") + unfinished, "utf8");
        const decoder = createLineDecoder();
        const got: string[] = [];
        for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
          const size = sizes[turn % sizes.length] ?? 1;
          got.push(...decoder.push(bytes.subarray(at, at + size)));
          at += size;
        }
        expect(got).toEqual(lines);
      }),
    );
  });

  it("leaves out empty lines", () => {
    expect(createLineDecoder().push(Buffer.from("\n\na\n\n"))).toEqual(["a"]);
  });

  it("refuses a line that never ends", () => {
    const decoder = createLineDecoder(10);
    expect(decoder.push(Buffer.from("123456789"))).toEqual([]);
    expect(() => decoder.push(Buffer.from("01"))).toThrow("larger than 10 bytes");
  });
});
