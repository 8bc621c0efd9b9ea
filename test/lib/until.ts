/** Waiting for a condition, in any runtime: instead of a sleep. */

/** The first answer is often there at once: it is asked for soon, and then less and less often. */
const SOON_MS = 10;

/** Thrown by a check of {@link until} that can never succeed: there is nothing to wait for any more. */
export class Hopeless extends Error {
  override readonly name = "Hopeless";
}

export interface Patience {
  deadlineMs?: number;
  /** How often it is asked at the least. */
  everyMs?: number;
}

/**
 * Waits until `check` gives something other than undefined, false or an error.
 *
 * @returns what it gave
 * @throws at the deadline: what was waited for, and the last error of the check, which is the cause too
 */
export async function until<T>(
  what: string,
  check: () => Promise<T | undefined | false> | T | undefined | false,
  { deadlineMs = 30_000, everyMs = 50 }: Patience = {},
): Promise<T> {
  const end = performance.now() + deadlineMs;
  let last: unknown;
  for (let pauseMs = Math.min(SOON_MS, everyMs); ; pauseMs = Math.min(2 * pauseMs, everyMs)) {
    try {
      const value = await check();
      if (value !== undefined && value !== false) return value;
    } catch (error) {
      if (error instanceof Hopeless) throw error;
      last = error;
    }
    if (performance.now() >= end) throw late(what, deadlineMs, last);
    await pause(pauseMs);
  }
}

/**
 * Waits until what it looks at has been the same (as JSON) for so long.
 *
 * @returns what it saw last
 * @throws at the deadline, or with the error of a look
 */
export async function untilStill<T>(
  what: string,
  look: () => Promise<T> | T,
  { stillMs, deadlineMs, everyMs }: Required<Patience> & { stillMs: number },
): Promise<T> {
  const end = performance.now() + deadlineMs;
  let last = await look();
  for (let since = performance.now(); performance.now() - since < stillMs; ) {
    if (performance.now() >= end) throw late(what, deadlineMs);
    await pause(everyMs);
    const now = await look();
    if (JSON.stringify(now) !== JSON.stringify(last)) since = performance.now();
    last = now;
  }
  return last;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function late(what: string, deadlineMs: number, last?: unknown): Error {
  const said = last === undefined ? "" : `; the last error: ${last instanceof Error ? last.message : last}`;
  return new Error(`${what}: not within ${deadlineMs} ms${said}`, { cause: last });
}
