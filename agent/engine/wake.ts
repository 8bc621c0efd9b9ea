import type { EngineContext } from "./context.ts";

/** Calls back once at the earliest of the times that it is told, on the monotonic clock; from then on it may be told anew. */
export function createWake(
  { clock, signal }: Pick<EngineContext, "clock" | "signal">,
  awake: () => void,
): (when: number) => void {
  let next = Number.POSITIVE_INFINITY;
  return (when) => {
    if (when >= next) return;
    next = when;
    clock
      .sleep(when - clock.monotonic(), signal)
      .then(() => {
        if (next !== when) return;
        next = Number.POSITIVE_INFINITY;
        awake();
      })
      .catch(() => {});
  };
}
