/** An object has one alarm, so it keeps a table of what is due when. */
export type DueKind = "hello" | "project" | "announce" | "pump" | "takeovers";

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

/** When the object must wake next; null for never: an idle one has no alarm, since each costs a wake-up and a write. */
export const nextAlarm = (table: readonly Due[]): number | null =>
  table.length === 0 ? null : Math.min(...table.map(({ at }) => at));

/** Waiting time before try number `tries + 1`, with full jitter: `random` is in [0, 1). */
export const retryDelayMs = (tries: number, random: number): number =>
  Math.round(1000 + random * Math.min(60_000, 1000 * 2 ** Math.min(tries, 6)));
