import type { AuditActor, AuditOutcome } from "./entry.ts";

/** Somebody of whom nothing is known but that he tried; all such are one actor, so that their notes are counted together. */
export const STRANGER: AuditActor = { kind: "stranger", id: "unknown" };

/** What a handler tells of itself for the audit log, where the frame cannot know it. Absent fields are the frame's. */
export interface AuditDetails {
  /** The route's action, or its operation where it is public. */
  action?: string;
  /** `<kind>/<id>`; of a mutation its first event's subject. */
  object?: string;
  /** The principal. */
  actor?: AuditActor;
  onBehalfOf?: { kind: string; id: string };
  /** In whose log it stands; null for the platform's. Of a mutation the tenant of its events. */
  tenantId?: string | null;
  /** Holds no secret. */
  reason?: string;
}

/** Something that is no mutation and belongs in the log: a denial, a failed login, a secret that was read. */
export interface AuditNote extends AuditDetails {
  object: string;
  outcome: AuditOutcome;
}
