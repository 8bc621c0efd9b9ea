import { expect, test } from "vitest";
import { overlaps, toNumber } from "./network.ts";

const range = (address: string, bits: number) => ({ start: toNumber(address), bits });

test.each([
  ["10.213.0.0", 22, "10.213.3.255", 32, true],
  ["10.213.0.0", 22, "10.213.4.0", 24, false],
  ["10.213.4.0", 22, "10.0.0.0", 8, true],
  ["10.213.4.0", 22, "172.16.0.0", 12, false],
  ["10.213.4.0", 22, "0.0.0.0", 0, true],
])("%s/%i and %s/%i: %s", (a, aBits, b, bBits, expected) => {
  expect(overlaps(range(a, aBits), range(b, bBits))).toBe(expected);
  expect(overlaps(range(b, bBits), range(a, aBits))).toBe(expected);
});
