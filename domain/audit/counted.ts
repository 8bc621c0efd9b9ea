import { type AuditEntry, logOf } from "./entry.ts";

/** What is like an entry that the log has taken within this time is counted, and stands there as one when it ends. */
export const COUNT_WINDOW_MS = 60_000;

/**
 * What is counted together: the same actor, action and outcome; of what succeeded the same object, too, since each secret
 * that was read is one to know of. Whoever knocks a thousand times a second fills no log.
 */
export function likeness(entry: AuditEntry): string {
  const { actor, action, outcome, object } = entry;
  const parts = [logOf(entry), actor.kind, actor.id, action, outcome];
  return [...parts, ...(outcome === "success" ? [object] : [])].join("\n");
}

export const timesOf = (entry: AuditEntry): number => entry.count ?? 1;

/** The newest of some like entries, with how often they came. */
export function counted(newest: AuditEntry, times: number): AuditEntry {
  const { count: _, ...once } = newest;
  return times > 1 ? { ...once, count: times } : once;
}
