import { describe, expect, it } from "vitest";
import { percentile } from "./figures.ts";

describe("a percentile", () => {
  it("is the least value that so many do not exceed", () => {
    const values = Array.from({ length: 200 }, (_, i) => 200 - i);
    expect([percentile(values, 0.5), percentile(values, 0.99), percentile(values, 1)]).toEqual([
      100, 198, 200,
    ]);
    expect(percentile([7], 0.99)).toBe(7);
  });

  it("of nothing is no number", () => {
    expect(percentile([], 0.5)).toBeNaN();
  });
});
