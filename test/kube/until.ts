import { setTimeout as delay } from "node:timers/promises";

/** Waits for a condition, asked every 10 ms of real time; throws with `what` at the deadline. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  deadlineMs = 20_000,
): Promise<void> {
  const ends = performance.now() + deadlineMs;
  while (!(await condition())) {
    if (performance.now() > ends) throw new Error(`waited ${deadlineMs} ms in vain: ${what}`);
    await delay(10);
  }
}
