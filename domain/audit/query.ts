import type { AuditEntry, AuditOutcome } from "./entry.ts";

/** What a log can be asked for; all of it must hold. */
export interface AuditQuery {
  /** Id of who did it. */
  actor?: string | undefined;
  action?: string | undefined;
  /** `<kind>/<id>`, or `<kind>/` for all of a kind. */
  object?: string | undefined;
  outcome?: AuditOutcome | undefined;
  /** Milliseconds since 1970, of the entry's own time. */
  since?: number | undefined;
  /** Not included. */
  until?: number | undefined;
  /** Words that all stand in it; see searchText. */
  text?: string | undefined;
  /** Only entries whose index is below; from the newest on where absent. */
  before?: number | undefined;
  limit: number;
}

/** Whether an entry is one of those that are asked for, but for times and words: as the log's own search says it. */
export const isAskedFor = (
  entry: AuditEntry,
  { actor, action, object, outcome }: Pick<AuditQuery, "actor" | "action" | "object" | "outcome">,
): boolean =>
  (actor === undefined || entry.actor.id === actor) &&
  (action === undefined || entry.action === action) &&
  (object === undefined ||
    (object.endsWith("/") ? entry.object.startsWith(object) : entry.object === object)) &&
  (outcome === undefined || entry.outcome === outcome);

/** A full-text query of the words as they are: none of FTS5's operators comes through. */
export const matchText = (text: string): string =>
  text
    .split(/\s+/)
    .filter((word) => word !== "")
    .map((word) => `"${word.replaceAll('"', '""')}"`)
    .join(" ");

/** Between two machines' clocks, at most. */
export const CLOCK_SKEW_MS = 5 * 60_000;
