import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { plan } from "../../test/attack/plan.ts";
import {
  checkData,
  grant,
  MAX_WINDOW_BYTES,
  MIN_WINDOW_BYTES,
  newWindow,
  pooled,
  STREAM_POOL_BYTES,
  type Window,
} from "./credit.ts";
import {
  ALL_CLIENTS_SILENT_BYTES,
  CLIENT_SILENT_BYTES,
  fullBucket,
  spend,
  tooSilent,
  waitMs,
} from "./pacing.ts";

const free = (windows: Window[]): number =>
  STREAM_POOL_BYTES - windows.reduce((sum, each) => sum + pooled(each), 0);

/** Sends all that is granted, and lets the reader take a part of it. */
function turn(windows: Window[], index: number, share: number): void {
  const window = windows[index] as Window;
  window.received = window.granted;
  window.consumed += Math.floor((window.received - window.consumed) * share);
  const upTo = grant(window, free(windows));
  if (upTo !== undefined) window.granted = upTo;
}

describe("windows", () => {
  it("whoever stops reading: all of them together stay within the bound, and nobody is left with nothing", () => {
    const step = fc.record({ index: fc.nat(511), share: fc.constantFrom(0, 0.3, 1) });
    fc.assert(
      fc.property(fc.array(step, { minLength: 200, maxLength: 1500 }), (steps) => {
        const windows = Array.from({ length: 512 }, newWindow);
        for (const { index, share } of steps) turn(windows, index, share);
        const held = windows.reduce((sum, each) => sum + each.granted - each.consumed, 0);
        expect(held).toBeLessThanOrEqual(24 * 1024 * 1024);
        for (const window of windows) {
          window.received = window.granted;
          window.consumed = window.received;
          expect(grant(window, free(windows)) ?? 0).toBeGreaterThanOrEqual(
            window.consumed + MIN_WINDOW_BYTES,
          );
        }
      }),
      { numRuns: plan.times(30) },
    );
  });

  it("a lone reader gets the largest window, and is not told of each byte", () => {
    const window = newWindow();
    window.received = window.granted;
    window.consumed = window.received;
    window.granted = grant(window, STREAM_POOL_BYTES) ?? 0;
    expect(window.granted - window.consumed).toBe(MAX_WINDOW_BYTES);
    window.consumed += 1000;
    expect(grant(window, STREAM_POOL_BYTES)).toBeUndefined();
  });

  it.each([
    [0, 10, "ok"],
    [5, 10, "gap"],
    [0, MIN_WINDOW_BYTES + 1, "beyond-credit"],
  ] as const)("data at %i of %i bytes is %s", (offset, bytes, verdict) => {
    expect(checkData(newWindow(), offset, bytes)).toBe(verdict);
  });
});

describe("sockets of people", () => {
  it("are paced: a burst, then so many bytes a second", () => {
    let bucket = fullBucket(0);
    bucket = spend(bucket, 4 * 1024 * 1024, 0);
    expect(waitMs(bucket)).toBe(0);
    bucket = spend(bucket, 8 * 1024 * 1024, 0);
    expect(waitMs(bucket)).toBe(1000);
    expect(waitMs(spend(bucket, 0, 1000))).toBe(0);
  });

  it("that are silent are closed, the one with the most, alone or for all together", () => {
    expect(tooSilent(new Map([["a", CLIENT_SILENT_BYTES]]))).toBeUndefined();
    expect(
      tooSilent(
        new Map([
          ["a", 1],
          ["b", CLIENT_SILENT_BYTES + 1],
        ]),
      ),
    ).toBe("b");
    const many = new Map(Array.from({ length: 5 }, (_, i) => [`s${i}`, ALL_CLIENTS_SILENT_BYTES / 5 + i]));
    expect(tooSilent(many)).toBe("s4");
    expect(tooSilent(new Map())).toBeUndefined();
  });
});
