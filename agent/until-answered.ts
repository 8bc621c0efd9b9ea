import type { Clock } from "./kube/index.ts";
import { errorText, type Logger } from "./log.ts";

export interface Patience {
  log: Logger;
  clock: Clock;
  signal: AbortSignal;
  retryMs: number;
}

/**
 * The API server may be away while we start: it is asked again until it answers. Rejects where the signal aborted.
 * @param failed what the log says of a try that failed
 */
export async function untilAnswered<T>(
  patience: Patience,
  failed: string,
  ask: () => Promise<T>,
): Promise<T> {
  const { log, clock, signal, retryMs } = patience;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      signal.throwIfAborted();
      log.warn(failed, { error: errorText(error) });
      await clock.sleep(retryMs, signal);
    }
  }
}
