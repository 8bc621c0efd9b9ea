import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { eitherOf, type Hold } from "./hold.ts";

/** A watch that is ready, or is not, as the test says. */
function watchOf(isReady: boolean) {
  const listeners = new Set<() => void>();
  const refused = Promise.withResolvers<void>();
  let ready = isReady;
  const hold: Hold = {
    ready: () => ready,
    isLost: () => !ready,
    synced: Promise.resolve(),
    problem: () => (ready ? undefined : "forbidden"),
    on(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    release() {},
  };
  const turn = (now: boolean) => {
    ready = now;
    for (const listener of [...listeners]) listener();
  };
  return {
    ...{ hold, refused: refused.promise, allow: () => turn(true) },
    refuse() {
      turn(false);
      refused.resolve();
    },
  };
}

describe("the second of two watches", () => {
  it("is opened when the first is refused, once", async () => {
    const [first, second] = [watchOf(true), watchOf(true)];
    let opened = 0;
    const either = eitherOf(first.hold, first.refused, () => {
      opened += 1;
      return second.hold;
    });
    await setImmediate();
    expect(opened).toBe(0);
    first.refuse();
    first.refuse();
    await setImmediate();
    expect([opened, either.ready(), either.isLost()]).toEqual([1, true, false]);
  });

  it("is opened where the first was refused before anybody held it, came back, and is refused again", async () => {
    const [first, second] = [watchOf(true), watchOf(true)];
    first.refuse();
    first.allow();
    const either = eitherOf(first.hold, first.refused, () => second.hold);
    await setImmediate();
    first.refuse();
    await setImmediate();
    expect([either.ready(), either.isLost()]).toEqual([true, false]);
  });

  it("is not opened for who has let go", async () => {
    const first = watchOf(true);
    let opened = 0;
    const either = eitherOf(first.hold, first.refused, () => {
      opened += 1;
      return watchOf(true).hold;
    });
    either.release();
    first.refuse();
    await setImmediate();
    expect(opened).toBe(0);
  });
});
