import { describe, expect, it } from "vitest";
import { createManualClock } from "../../test/kube/manual-clock.ts";
import { createWorkQueue } from "./workqueue.ts";

function queueOf(handle: (key: string) => Promise<void>, workers = 2) {
  const clock = createManualClock();
  const errors: string[] = [];
  const ending = new AbortController();
  const options = { handle, onError: (key: string) => errors.push(key), workers, clock, random: () => 1 };
  return { clock, errors, ending, queue: createWorkQueue({ ...options, signal: ending.signal }) };
}

describe("a work queue", () => {
  it("never works on one key twice at a time, and once more on what came meanwhile", async () => {
    const gate = Promise.withResolvers<void>();
    let running = 0;
    let most = 0;
    let runs = 0;
    const { queue, clock } = queueOf(async () => {
      runs += 1;
      running += 1;
      most = Math.max(most, running);
      if (runs === 1) await gate.promise;
      running -= 1;
    });
    queue.add("a");
    await clock.advance(0);
    queue.add("a");
    queue.add("a");
    gate.resolve();
    await clock.advance(0);
    expect([runs, most, queue.size]).toEqual([2, 1, 0]);
  });

  it("works on different keys at once, as many as it has workers", async () => {
    const gate = Promise.withResolvers<void>();
    const begun: string[] = [];
    const { queue, clock } = queueOf(async (key) => {
      begun.push(key);
      await gate.promise;
    });
    for (const key of ["a", "b", "c"]) queue.add(key);
    await clock.advance(0);
    expect(begun).toEqual(["a", "b"]);
    gate.resolve();
    await clock.advance(0);
    expect(begun).toEqual(["a", "b", "c"]);
  });

  it("comes back to a key that failed, later and later", async () => {
    let runs = 0;
    const { queue, clock, errors } = queueOf(async () => {
      runs += 1;
      if (runs < 3) throw new Error("not yet");
    });
    queue.add("a");
    await clock.advance(0);
    expect(runs).toBe(1);
    await clock.advance(200);
    expect(runs).toBe(2);
    await clock.advance(300);
    expect(runs).toBe(2);
    await clock.advance(100);
    expect([runs, errors]).toEqual([3, ["a", "a"]]);
  });
});
