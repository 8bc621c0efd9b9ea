/**
 * The outbox's clock, as pure decisions. Delivery is at least once: an event stays due until it is marked delivered or
 * given up, and an alarm stands whenever something is due or a commit was announced.
 */

/** An announced commit's events are looked for this long after: by then the writer has delivered them itself, if it lives. */
export const ARM_DELAY_MS = 2_000;
/** A younger event is left to the writer that committed it. */
export const GRACE_MS = 1_000;
export const MAX_ATTEMPTS = 5;
/** Waits of about 2, 10, 50 and 250 s: an owner may be away for five minutes before anything becomes a dead letter. */
export const BACKOFF_BASE_MS = 2_000;
export const BACKOFF_FACTOR = 5;
/** After the alarm itself failed, for instance because the database does not answer. */
export const ALARM_RETRY_MS = 10_000;
/** Longest reason kept with an event or a dead letter, in characters. */
export const MAX_REASON_LENGTH = 1_024;

/** How long to wait after a failed attempt, the first being 1. @param random uniform in [0, 1) */
export const backoffMs = (attempt: number, random: number): number =>
  Math.round(BACKOFF_BASE_MS * BACKOFF_FACTOR ** (attempt - 1) * (0.5 + random / 2));

export interface ArmState {
  /** When the object's alarm fires; null where none stands. */
  standing: number | null;
  /** Until when announced commits are looked after. */
  wantedAt: number;
}

/**
 * A commit is announced. An alarm that stands stays where it is soon: its end sees `wantedAt` and goes on. One that
 * waits for a failed event's next try is brought forward: a new event never waits for an old one.
 */
export function arm(state: ArmState, now: number): { alarmAt: number | null; wantedAt: number } {
  const lookAt = now + ARM_DELAY_MS;
  const wantedAt = Math.max(state.wantedAt, lookAt);
  const isSoon = state.standing !== null && state.standing <= lookAt;
  return { alarmAt: isSoon ? null : lookAt, wantedAt };
}

/** When to look again: null where nothing waits and no commit is announced, and then no alarm stands at all. */
export function nextAlarm(
  state: { standing: number | null; wantedAt: number; dueAt: number | null },
  now: number,
): number | null {
  const times = [state.standing, state.dueAt, state.wantedAt > now ? state.wantedAt : null];
  const earliest = Math.min(...times.map((time) => time ?? Number.POSITIVE_INFINITY));
  return Number.isFinite(earliest) ? Math.max(earliest, now) : null;
}

export type Settlement =
  | { kind: "retry"; seq: number; attempts: number; nextAttemptAt: number; reason: string }
  | { kind: "dead"; seq: number; attempts: number; reason: string };

/** What becomes of an event whose delivery failed. */
export function settleFailure(
  event: { seq: number; attempts: number },
  reason: string,
  now: number,
  random: number,
): Settlement {
  const attempts = event.attempts + 1;
  const short = reason.slice(0, MAX_REASON_LENGTH);
  if (attempts >= MAX_ATTEMPTS) return { kind: "dead", seq: event.seq, attempts, reason: short };
  const nextAttemptAt = now + backoffMs(attempts, random);
  return { kind: "retry", seq: event.seq, attempts, nextAttemptAt, reason: short };
}
