import type { AuditEntry } from "./entry.ts";

/** What a full-text search finds an entry by. The address is left out: it is nobody's way to look for somebody. */
export const searchText = (entry: AuditEntry): string =>
  [
    entry.id,
    entry.actor.kind,
    entry.actor.id,
    entry.onBehalfOf?.id,
    entry.action,
    entry.object,
    ...(entry.related ?? []),
    entry.outcome,
    entry.reason,
    entry.requestId,
    entry.correlationId,
    entry.source,
    entry.cluster,
    ...(entry.actor.groups ?? []),
  ]
    .filter((part) => part !== undefined)
    .join(" ");
