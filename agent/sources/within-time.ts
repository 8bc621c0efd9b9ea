import { onAbort } from "../kube/abort.ts";
import type { Clock } from "../kube/clock.ts";
import { SourceError } from "./types.ts";

/** Ends with the caller's reason where that aborts. @throws SourceError `timeout` after `ms`, whatever the work does */
export async function withinTime<T>(
  clock: Clock,
  ms: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const ended = new AbortController();
  const forward = () => controller.abort(signal.reason);
  if (signal.aborted) throw signal.reason;
  signal.addEventListener("abort", forward, { once: true });
  clock.sleep(ms, ended.signal).then(
    () => controller.abort(new SourceError("timeout", `not here within ${ms / 1_000} s`)),
    () => undefined,
  );
  try {
    const aborted = new Promise<never>((_, reject) =>
      onAbort(controller.signal, () => reject(controller.signal.reason)),
    );
    return await Promise.race([work(controller.signal), aborted]);
  } catch (error) {
    // Whatever the work made of its abort, the reason is what happened.
    throw controller.signal.aborted ? controller.signal.reason : error;
  } finally {
    signal.removeEventListener("abort", forward);
    ended.abort();
  }
}
