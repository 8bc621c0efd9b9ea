import { timesOf } from "./counted.ts";
import type { PlacedEntry } from "./csv.ts";

/** Rows of each list in a report: what a person reads. */
export const MAX_LISTED = 200;
/** Different actions or actors that are counted apart; what is beyond is counted as `others`. */
const MAX_KINDS = 1_000;
const OTHERS = "others";

/** Actions by which somebody gets, loses or uses access. */
const ACCESS =
  /^(?:user|team|binding|role|service-account|api-key|session|invitation|membership|identity-provider|join-token|cluster:enrol|login|key)\b/;
const READS = /:(?:get|list|explain)$/;

/** Whether an entry tells of a change of access. */
export const changesAccess = ({ action, outcome }: Pick<PlacedEntry, "action" | "outcome">): boolean =>
  outcome === "success" && ACCESS.test(action) && !READS.test(action);

export interface Counted {
  name: string;
  times: number;
}

/** What a report of a time range says: gathered entry by entry, in bounded memory. */
export class Summary {
  entries = 0;
  readonly #counts = { action: new Map(), outcome: new Map(), actor: new Map() } satisfies Record<
    string,
    Map<string, number>
  >;
  readonly accessChanges: PlacedEntry[] = [];
  readonly denials: PlacedEntry[] = [];
  /** Also those that are not listed. */
  accessChangesTotal = 0;
  denialsTotal = 0;
  /** Indexes of the first and the last. */
  first: number | undefined;
  last: number | undefined;

  take(entry: PlacedEntry): void {
    this.entries += 1;
    this.first ??= entry.index;
    this.last = entry.index;
    const times = timesOf(entry);
    count(this.#counts.action, entry.action, times);
    count(this.#counts.outcome, entry.outcome, times);
    count(this.#counts.actor, `${entry.actor.kind}/${entry.actor.id}`, times);
    if (changesAccess(entry)) {
      this.accessChangesTotal += 1;
      if (this.accessChanges.length < MAX_LISTED) this.accessChanges.push(entry);
    }
    if (entry.outcome === "denied") {
      this.denialsTotal += 1;
      if (this.denials.length < MAX_LISTED) this.denials.push(entry);
    }
  }

  /** The most frequent first; of equal ones in the order of their names. */
  by(what: "action" | "outcome" | "actor", limit: number): Counted[] {
    return [...this.#counts[what]]
      .map(([name, times]) => ({ name, times }))
      .sort((a, b) => b.times - a.times || (a.name < b.name ? -1 : 1))
      .slice(0, limit);
  }
}

function count(counts: Map<string, number>, name: string, times: number): void {
  const key = counts.has(name) || counts.size < MAX_KINDS ? name : OTHERS;
  counts.set(key, (counts.get(key) ?? 0) + times);
}
