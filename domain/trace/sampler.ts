import type { TraceContext } from "./context.ts";
import { type Rate, RateLimit } from "./rate.ts";

/** Of one isolate. A trace is some ten spans in the manager, and with an agent's part two for each object. */
export const ALL_TRACES: Rate = { perSecond: 50, burst: 200 };
/** Of one caller; those who are nobody share one. */
export const CALLER_TRACES: Rate = { perSecond: 20, burst: 100 };
/** That a caller asked for, and that the share would have left out: enough to look at something, too little to flood. */
export const ASKED_TRACES: Rate = { perSecond: 1, burst: 20 };

export interface Asking {
  /** What the caller sent. */
  parent: TraceContext | undefined;
  /** Who asks; undefined: nobody who has shown who he is. */
  caller: string | undefined;
  /** Share of the requests that are traced, 0 to 1. */
  ratio: number;
  /** A number in [0, 1) by chance: of ours, for a trace's id is the caller's choice. */
  draw: number;
  /** Milliseconds since 1970. */
  now: number;
}

/**
 * Which requests are traced. By the caller's flag, within bounds, else by the share: a flag that is 0 is obeyed; one that is
 * 1 is obeyed from callers who are known, so often; and all together no oftener than a receiver should bear.
 */
export class TraceSampler {
  readonly #all = new RateLimit(ALL_TRACES);
  readonly #callers = new RateLimit(CALLER_TRACES);
  readonly #asked = new RateLimit(ASKED_TRACES);

  isTraced({ parent, caller, ratio, draw, now }: Asking): boolean {
    if (parent && !parent.sampled) return false;
    const isDrawn = draw < ratio;
    const mayAsk = parent !== undefined && caller !== undefined;
    if (!isDrawn && !(mayAsk && this.#asked.take(caller, now))) return false;
    return this.#callers.take(caller ?? "", now) && this.#all.take("", now);
  }
}
