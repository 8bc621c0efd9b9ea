import { errorText } from "../log.ts";
import type { EngineContext } from "./context.ts";

type Context = Pick<EngineContext, "clock" | "random" | "log" | "signal">;

/** Tries until it succeeds; undefined where nobody wants it any more. `what` it says of a failure. */
export async function persist<T>(
  { clock, random, log, signal }: Context,
  isOvertaken: () => boolean,
  work: () => Promise<T>,
  what = "a graph could not be read yet",
): Promise<T | undefined> {
  for (let failures = 0; !isOvertaken(); failures += 1) {
    try {
      return await work();
    } catch (error) {
      if (signal.aborted) return undefined;
      log.info(what, { error: errorText(error) });
      const ceiling = Math.min(30_000, 500 * 2 ** Math.min(failures, 10));
      await clock.sleep(ceiling * (0.1 + 0.9 * random()), signal).catch(() => {});
    }
  }
  return undefined;
}
