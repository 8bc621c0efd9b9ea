import { describe, expect, test } from "vitest";
import { endOf } from "./ends.ts";
import { MAX_RENDERS, RESTART_MAX_MS, RESTING_BYTES } from "./limits.ts";
import { createFairQueue } from "./queue.ts";
import { isToBeReplaced, isToRest, mayReplay, restartPauseMs } from "./rules.ts";

describe("a request that lost its process", () => {
  test.each([
    ["killed", 0, false, true],
    ["killed", 7, true, false],
    ["out-of-memory", 0, false, false],
    ["out-of-memory", 7, false, true],
    ["crashed", 7, true, false],
    ["timeout", 7, false, false],
    ["too-large", 7, false, false],
  ] as const)("by %s, after %i others, replayed %s: again %s", (reason, answered, replayed, again) => {
    expect(mayReplay(reason, { answered, replayed })).toBe(again);
  });
});

test("a process is replaced when it has served long, or holds half of what the next may need", () => {
  expect(isToBeReplaced(MAX_RENDERS - 1, 100, 200)).toBe(false);
  expect(isToBeReplaced(MAX_RENDERS, 100, 200)).toBe(true);
  expect(isToBeReplaced(1, 101, 200)).toBe(true);
});

test("one small process rests", () => {
  expect(isToRest(0, RESTING_BYTES)).toBe(false);
  expect(isToRest(0, RESTING_BYTES + 1)).toBe(true);
  expect(isToRest(1, 0)).toBe(true);
});

test("starts that fail come ever later, and never never", () => {
  const pauses = [0, 1, 2, 50].map(restartPauseMs);
  expect(pauses).toEqual([100, 200, 400, RESTART_MAX_MS]);
});

describe("how a process ended is read from its last words", () => {
  const quiet = { code: 2, signal: null, words: "", spawnError: undefined };
  test.each([
    ["out-of-memory", { ...quiet, words: "fatal error: runtime: out of memory\n\ngoroutine 1" }],
    ["out-of-memory", { ...quiet, words: "runtime: cannot allocate memory" }],
    [
      "out-of-memory",
      {
        ...quiet,
        words: "SIGSEGV: segmentation violation\nPC=0x436e7d m=5 sigcode=1 addr=0x0\n\ngoroutine 0",
      },
    ],
    ["crashed", { ...quiet, words: "panic: runtime error\n[signal SIGSEGV: code=0x1 addr=0x0 pc=0x1]" }],
    ["crashed", { ...quiet, words: "fatal error: stack overflow\nmore" }],
    ["crashed", { ...quiet, words: "panic: index out of range" }],
    ["killed", { ...quiet, code: null, signal: "SIGKILL" as const }],
    ["failed-to-start", { ...quiet, code: 3, words: "sandbox: seccomp: function not implemented" }],
    ["failed-to-start", { ...quiet, code: null, spawnError: new Error("spawn ENOENT") }],
  ])("%s", (reason, exit) => {
    expect(endOf(exit).reason).toBe(reason);
  });
});

describe("the queue", () => {
  test("takes turns among those who wait", () => {
    const queue = createFairQueue<number>();
    for (const n of [1, 2, 3]) queue.add("greedy", n);
    queue.add("modest", 4);
    const taken = [1, 2, 3, 4].map(() => queue.take(9)?.item);
    expect(taken).toEqual([1, 4, 2, 3]);
    expect([queue.size, queue.has(9), queue.take(9)]).toEqual([0, false, undefined]);
  });

  test("leaves room: none holds more places than allowed", () => {
    const queue = createFairQueue<number>();
    for (const n of [1, 2]) queue.add("greedy", n);
    expect(queue.take(1)?.item).toBe(1);
    expect(queue.has(1)).toBe(false);
    queue.add("modest", 3);
    expect(queue.take(1)?.item).toBe(3);
    queue.done("greedy");
    expect(queue.take(1)?.item).toBe(2);
  });

  test("lets go of who does not want to wait", () => {
    const queue = createFairQueue<number>();
    queue.add("a", 1);
    queue.add("a", 2);
    expect([queue.remove("a", 1), queue.remove("a", 1), queue.remove("b", 2)]).toEqual([true, false, false]);
    expect(queue.clear()).toEqual([2]);
    expect(queue.size).toBe(0);
  });
});
