import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson } from "./index.ts";
import { sameJson } from "./same.ts";

/** Small enough that two of them are often the same, or nearly. */
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(null, true, 0, 1, "", "a"),
    fc.array(fc.oneof(tie("any"), fc.constant(undefined)), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom("a", "b", "c"), fc.oneof(tie("any"), fc.constant(undefined)), {
      maxKeys: 3,
    }),
  ),
})).any;

describe("values of the same JSON", () => {
  it("are those whose canonical JSON is the same", () => {
    fc.assert(
      fc.property(value, value, (a, b) => {
        expect(sameJson(a, b)).toBe(canonicalJson(a) === canonicalJson(b));
      }),
    );
  });

  it("are a value and its copy, in any order of keys", () => {
    fc.assert(
      fc.property(value, (a) => {
        expect(sameJson(a, JSON.parse(canonicalJson(a)))).toBe(true);
      }),
    );
    expect(sameJson({ a: 1, b: [2] }, { b: [2], a: 1 })).toBe(true);
  });
});
