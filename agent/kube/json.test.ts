import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toJson } from "./json.ts";

describe("JSON that is YAML too", () => {
  it("means the same as what went in, without a character that YAML refuses", () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: "binary" }), (value) => {
        const text = toJson(value);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(text).not.toMatch(/[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/);
      }),
    );
  });

  it("escapes what is left raw by JSON.stringify", () => {
    expect(toJson({ a: "x\u0085\ufeff\u007f" })).toBe('{"a":"x\\u0085\\ufeff\\u007f"}');
  });
});
