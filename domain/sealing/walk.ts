/**
 * A rotation walks over rows in passes: part after part (a table each), by id, some rows at a time. Each row's change is
 * idempotent, so that a walk which was killed goes on from the last place that was stored. It ends with a pass that
 * changed nothing and began when nobody could still write with the key of before.
 */
export interface Place {
  /** Index of the part. */
  part: number;
  /** Id of the last row that was seen in the part; empty before the first. */
  after: string;
  /** Rows that this pass has changed. */
  changed: number;
  /** Rows that this pass could not change. */
  failed: number;
  /** When the pass began, milliseconds since 1970. */
  began: number;
}

/** What one step found. */
export interface Step {
  /** Id of the last row that was found; absent where there was none. */
  last?: string | undefined;
  /** As many as were asked for: there may be more. */
  full: boolean;
  changed: number;
  failed: number;
}

export type Next =
  | { kind: "go-on"; place: Place }
  /** A pass is over and changed nothing, but began too early to be the last. */
  | { kind: "wait"; place: Place }
  | { kind: "finished"; failed: number };

export const startOf = (now: number): Place => ({ part: 0, after: "", changed: 0, failed: 0, began: now });

/** @param settledAt from when on nobody writes with the key of before, milliseconds since 1970 */
export function advance(place: Place, step: Step, parts: number, settledAt: number, now: number): Next {
  const changed = place.changed + step.changed;
  const failed = place.failed + step.failed;
  const seen = { ...place, changed, failed };
  if (step.full) return { kind: "go-on", place: { ...seen, after: step.last ?? place.after } };
  if (place.part + 1 < parts) return { kind: "go-on", place: { ...seen, part: place.part + 1, after: "" } };
  if (changed > 0) return { kind: "go-on", place: startOf(now) };
  return place.began >= settledAt ? { kind: "finished", failed } : { kind: "wait", place: startOf(now) };
}
