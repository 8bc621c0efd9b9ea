import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ARM_DELAY_MS, arm, backoffMs, MAX_ATTEMPTS, nextAlarm, settleFailure } from "./index.ts";

describe("the outbox's clock", () => {
  it("waits longer after each failure, with jitter that never reaches zero", () => {
    expect([1, 2, 3, 4].map((attempt) => backoffMs(attempt, 0))).toEqual([1_000, 5_000, 25_000, 125_000]);
    expect([1, 2, 3, 4].map((attempt) => backoffMs(attempt, 0.999999))).toEqual([
      2_000, 10_000, 50_000, 250_000,
    ]);
  });

  it("gives up after five tries and not before", () => {
    let attempts = 0;
    for (let round = 1; round < MAX_ATTEMPTS; round++) {
      const settled = settleFailure({ seq: 1, attempts }, "away", 1_000, 0.5);
      expect(settled.kind).toBe("retry");
      attempts = settled.attempts;
    }
    expect(settleFailure({ seq: 1, attempts }, "away", 1_000, 0.5)).toEqual({
      kind: "dead",
      seq: 1,
      attempts: 5,
      reason: "away",
    });
  });

  it.each([
    ["nothing waits", { standing: null, wantedAt: 0, dueAt: null }, null],
    ["a row is due later", { standing: null, wantedAt: 0, dueAt: 900 }, 900],
    ["a row is overdue", { standing: null, wantedAt: 0, dueAt: 100 }, 500],
    ["a commit is announced", { standing: null, wantedAt: 700, dueAt: 900 }, 700],
    ["an announcement is over", { standing: null, wantedAt: 500, dueAt: null }, null],
    ["an alarm stands already", { standing: 600, wantedAt: 700, dueAt: 900 }, 600],
  ])("looks again in time: %s", (_name, state, expected) => {
    expect(nextAlarm(state, 500)).toBe(expected);
  });

  it("does not let a new commit wait for the next try of an event that failed", () => {
    const state = { standing: 250_000, wantedAt: 0 };
    expect(arm(state, 1_000).alarmAt).toBe(1_000 + ARM_DELAY_MS);
    expect(arm({ ...state, standing: 1_500 }, 1_000).alarmAt).toBeNull();
  });

  it("always looks at least once after each announced commit had its time", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 5_000 }), { minLength: 1, maxLength: 40 }),
        (announcements) => {
          const looks = run([...announcements].sort((a, b) => a - b));
          for (const at of announcements) expect(looks.some((look) => look >= at + ARM_DELAY_MS)).toBe(true);
          expect(looks.length).toBeLessThanOrEqual(announcements.length + 1);
        },
      ),
    );
  });
});

/** Plays announcements against the clock until no alarm stands; returns when it looked. */
function run(announcements: number[]): number[] {
  let standing: number | null = null;
  let wantedAt = 0;
  const looks: number[] = [];
  const fireUntil = (time: number): void => {
    while (standing !== null && standing <= time) {
      const now: number = standing;
      looks.push(now);
      standing = nextAlarm({ standing: null, wantedAt, dueAt: null }, now);
    }
  };
  for (const at of announcements) {
    fireUntil(at);
    const armed = arm({ standing, wantedAt }, at);
    wantedAt = armed.wantedAt;
    standing = armed.alarmAt ?? standing;
  }
  fireUntil(Number.POSITIVE_INFINITY);
  return looks;
}
