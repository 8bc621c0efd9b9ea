import type { Clock, RequestInfo } from "./kube/index.ts";
import type { Logger } from "./log.ts";
import type { Metrics } from "./metrics.ts";

/** Whose clock this machine's is compared with. */
export type Reference = "API server" | "manager";

/**
 * Nothing here decides by another machine's clock, so that one that is off breaks nothing but TLS. People still must
 * know: times in statuses, events and logs are this machine's.
 */
export interface ClockWatch {
  /** A `Date` header as it came; one that is no date says nothing. */
  told(by: Reference, date: unknown): void;
  /** For `onRequest` of the API server's client. */
  onRequest(info: RequestInfo): void;
  /** In words, by how much the clock is off; undefined where it is not, as far as anybody told. */
  problem(): string | undefined;
  /** A failure as it is, or with what the clock has to do with it. */
  explain(failure: string): string;
}

/** More than a `Date` of whole seconds and a slow answer can be apart from now. */
const MAX_OFFSET_MS = 30_000;
/** The header of an answer that took longer is too old to compare with. */
const MAX_ANSWER_SECONDS = 5;
/** What OpenSSL says of a certificate that is good at another time. */
const OUT_OF_TIME = /certificate (is not yet valid|has expired)/i;

export function createClockWatch(clock: Clock, log: Logger, metrics: Metrics): ClockWatch {
  const offsets = new Map<Reference, number>();
  const gauge = metrics.gauge("kubenova_agent_clock_offset_seconds", "This machine's clock minus another's");

  const told: ClockWatch["told"] = (by, date) => {
    const theirs = typeof date === "string" ? Date.parse(date) : Number.NaN;
    if (Number.isNaN(theirs)) return;
    const offset = clock.now() - theirs;
    const before = offsets.get(by);
    offsets.set(by, offset);
    gauge.set(Math.round(offset / 1_000), { against: by });
    if (isOff(offset) === (before !== undefined && isOff(before))) return;
    if (isOff(offset)) log.warn("the clock is off", { problem: inWords(offset, by) });
    else log.info("the clock is right again", { against: by });
  };
  const problem = () => {
    const off = [...offsets].filter(([, offset]) => isOff(offset)).map(([by, offset]) => inWords(offset, by));
    return off.length > 0 ? off.join("; ") : undefined;
  };
  return {
    told,
    onRequest({ date, seconds }) {
      if (seconds < MAX_ANSWER_SECONDS) told("API server", date);
    },
    problem,
    explain(failure) {
      if (!OUT_OF_TIME.test(failure)) return failure;
      const now = new Date(clock.now()).toISOString();
      return [`${failure}: this machine's clock says ${now}`, problem()].filter(Boolean).join("; ");
    },
  };
}

const isOff = (offset: number): boolean => Math.abs(offset) > MAX_OFFSET_MS;

const inWords = (offset: number, by: Reference): string =>
  `this machine's clock is ${Math.round(Math.abs(offset) / 1_000)} s ${offset < 0 ? "behind" : "ahead of"} the ${by}'s`;
