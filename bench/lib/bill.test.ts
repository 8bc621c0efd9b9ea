import { describe, expect, it } from "vitest";
import { billOf } from "./bill.ts";

const prices = {
  base: { usd: 5 },
  items: {
    requests: { included: 1_000_000, per: 1_000_000, usd: 0.15 },
    rows: { included: 50_000_000, per: 1_000_000, usd: 1 },
  },
};

describe("a month's bill", () => {
  it("is the base fee where everything is included", () => {
    expect(billOf(prices, { requests: 1_000_000, rows: 0 })).toEqual({
      usd: 5,
      lines: { requests: 0, rows: 0 },
    });
  });

  it("adds what goes beyond, as the published examples do", () => {
    expect(billOf(prices, { requests: 21_000_000, rows: 51_500_000 })).toEqual({
      usd: 9.5,
      lines: { requests: 3, rows: 1.5 },
    });
  });
});
