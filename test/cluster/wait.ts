import { setTimeout as pause } from "node:timers/promises";

export type WaitOptions = { seconds: number; everyMs?: number };

/**
 * Asks again and again until the answer is not undefined or false. Errors count as "not yet".
 * Throws after the deadline, saying what was awaited and why the last try failed.
 */
export async function waitFor<T>(
  what: string,
  ask: () => Promise<T | undefined | false> | T | undefined | false,
  { seconds, everyMs = 100 }: WaitOptions,
): Promise<T> {
  const end = Date.now() + seconds * 1000;
  let reason = "";
  while (Date.now() < end) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
      reason = "";
    } catch (error) {
      reason = `: ${error instanceof Error ? error.message : String(error)}`;
    }
    await pause(everyMs);
  }
  throw new Error(`${what}: not within ${seconds} s${reason}`);
}
