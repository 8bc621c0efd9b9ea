import type { LogRow } from "../../store/audit-queries.ts";
import type { NewEvent } from "../../store/events.ts";

/** What a log's settings say now, as an event and in the log itself. Holds no secret. */
export function changed(
  { log, tenantId }: LogRow,
  kind: string,
  after: Record<string, unknown> | null,
): { events: NewEvent[] } {
  const subject = tenantId ? `tenant/${tenantId}` : `platform/${log}`;
  return { events: [{ type: "evt.access.changed", tenantId, subject, data: { kind, before: null, after } }] };
}
