import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createLimiter } from "./limiter.ts";

describe("the limiter", () => {
  it("never has more than its slots in use, serves in order, and ends empty", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.nat(3), { maxLength: 30 }),
        async (slots, turns) => {
          const limiter = createLimiter(slots);
          const order: number[] = [];
          let running = 0;
          let most = 0;
          const work = turns.map(async (steps, index) => {
            const release = await limiter.acquire();
            order.push(index);
            running += 1;
            most = Math.max(most, running);
            for (let step = 0; step < steps; step += 1) await Promise.resolve();
            running -= 1;
            release();
          });
          await Promise.all(work);
          expect(most).toBeLessThanOrEqual(slots);
          expect(order).toEqual(turns.map((_, index) => index));
          expect([limiter.inUse, limiter.waiting]).toEqual([0, 0]);
        },
      ),
    );
  });

  it("lets one who waits give up, without losing a slot", async () => {
    const limiter = createLimiter(1);
    const release = await limiter.acquire();
    const given = new AbortController();
    const waiting = limiter.acquire(given.signal);
    const next = limiter.acquire();
    given.abort(new Error("gave up"));
    await expect(waiting).rejects.toThrow("gave up");
    release();
    release();
    (await next)();
    expect(limiter.inUse).toBe(0);
  });

  it("refuses a signal that is already aborted", async () => {
    await expect(createLimiter(1).acquire(AbortSignal.abort(new Error("late")))).rejects.toThrow("late");
  });
});
