/** An object has one alarm, so it keeps a table of what is due when. */
export type DueKind = "hello" | "project" | "announce" | "pump";

export interface Due {
  kind: DueKind;
  /** Milliseconds since 1970. */
  at: number;
}

/** The kinds whose time has come, earliest first. */
export const dueBy = (table: readonly Due[], now: number): DueKind[] =>
  table
    .filter(({ at }) => at <= now)
    .sort((a, b) => a.at - b.at)
    .map(({ kind }) => kind);

/**
 * When the object must wake next; null for never. The sweep turns the unwatched silence of a connected agent into an
 * event. It stands in no table: an idle object then writes nothing at all, it only sets its alarm again.
 */
export function nextAlarm(
  table: readonly Due[],
  state: { now: number; connected: boolean; sweepMs: number },
): number | null {
  const times = table.map(({ at }) => at);
  if (state.connected) times.push(state.now + state.sweepMs);
  return times.length === 0 ? null : Math.min(...times);
}

/** Waiting time before try number `tries + 1`, with full jitter: `random` is in [0, 1). */
export const retryDelayMs = (tries: number, random: number): number =>
  Math.round(1000 + random * Math.min(60_000, 1000 * 2 ** Math.min(tries, 6)));
