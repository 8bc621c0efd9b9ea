import { expect, it } from "vitest";
import { mostWithin, spread } from "./paced.ts";

it("the most of any stretch is found wherever it begins", () => {
  expect(mostWithin([], 10)).toBe(0);
  expect(mostWithin([0, 5, 9, 10, 30], 10)).toBe(3);
  expect(mostWithin([1, 1, 1], 1)).toBe(3);
});

it("a load that is spread has its number, in order", () => {
  const times = spread(20, 3_000);
  expect(times).toHaveLength(60);
  expect(times).toEqual([...times].sort((a, b) => a - b));
  expect(Math.max(...times)).toBeLessThan(3_000);
});
