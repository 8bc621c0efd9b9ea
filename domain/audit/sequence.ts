import type { AuditEntry } from "./entry.ts";

/** An entry whose predecessor is that late will not get it any more: it is appended, and verification shows the gap. */
export const GAP_LIMIT_MS = 60 * 60 * 1000;

export interface Sequence {
  /** The greatest number that the log holds. */
  last: number;
  /** Entries whose predecessor is not there yet, by their numbers. */
  waiting: ReadonlyMap<number, AuditEntry>;
}

export interface Sequenced {
  /** To be appended now, in this order. */
  ready: AuditEntry[];
  /** To be kept until their predecessors are there. */
  kept: AuditEntry[];
  /** Numbers that wait no longer. */
  freed: number[];
  last: number;
}

/**
 * Puts entries that came in any order into that of their numbers. One without a number is ready at once. One whose number
 * the log holds already under another id comes from a database that went back: it is appended all the same, since a log
 * that hides what happened is worse than one whose verification says that something did.
 */
export function sequence(state: Sequence, entries: readonly AuditEntry[]): Sequenced {
  const ready: AuditEntry[] = [];
  const waiting = new Map(state.waiting);
  const fresh = new Map<number, AuditEntry>();
  const freed: number[] = [];
  let { last } = state;
  for (const entry of entries) {
    const { number } = entry;
    if (number === undefined || number <= last || waiting.has(number)) ready.push(entry);
    else {
      waiting.set(number, entry);
      fresh.set(number, entry);
    }
    for (let next = waiting.get(last + 1); next; next = waiting.get(last + 1)) {
      last += 1;
      ready.push(next);
      waiting.delete(last);
      if (!fresh.delete(last)) freed.push(last);
    }
  }
  return { ready, kept: [...fresh.values()], freed, last };
}
