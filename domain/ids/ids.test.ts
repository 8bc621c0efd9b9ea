import fc from "fast-check";
import { decodeTime } from "ulid";
import { describe, expect, it } from "vitest";
import { formatId, isId, ULID_RANDOM_BYTES, ulidFrom } from "./index.ts";

const random = fc.uint8Array({ minLength: ULID_RANDOM_BYTES, maxLength: ULID_RANDOM_BYTES });
const time = fc.integer({ min: 0, max: 2 ** 48 - 1 });

describe("an id", () => {
  it("is a ULID that keeps its time, whatever the random part", () => {
    fc.assert(
      fc.property(time, random, (now, bytes) => {
        const ulid = ulidFrom(now, bytes);
        expect(isId("app", formatId("app", ulid))).toBe(true);
        expect(decodeTime(ulid)).toBe(now);
      }),
    );
  });

  it("sorts by time", () => {
    fc.assert(
      fc.property(time, time, random, random, (a, b, x, y) => {
        if (a !== b) expect(ulidFrom(a, x) < ulidFrom(b, y)).toBe(a < b);
      }),
    );
  });

  it("differs where a random bit differs", () => {
    fc.assert(
      fc.property(time, random, random, (now, a, b) => {
        expect(ulidFrom(now, a) === ulidFrom(now, b)).toBe(a.join() === b.join());
      }),
    );
  });

  it("is of one kind alone", () => {
    const id = formatId("app", ulidFrom(0, new Uint8Array(10).fill(0xff)));
    expect(isId("tenant", id)).toBe(false);
    expect(isId("app", id.toLowerCase())).toBe(false);
  });
});
