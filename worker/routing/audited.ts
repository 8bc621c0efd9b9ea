import { type AccessObject, limitsOf, type Permission, type Principal } from "../../domain/access/index.ts";
import {
  type AuditActor,
  type AuditEntry,
  MAX_REASON_LENGTH,
  MAX_RELATED,
} from "../../domain/audit/entry.ts";
import type { AuditNote } from "../../domain/audit/note.ts";
import { digestOf } from "../../domain/canonical/index.ts";
import type { NewEvent } from "../store/events.ts";
import type { Call, Commit } from "./call.ts";
import type { Route } from "./define.ts";

type Source = Pick<Call, "newId" | "now" | "principal" | "request" | "requestId" | "correlationId">;

/** What a principal is, as far as an entry tells it. */
function actorOf(principal: { kind: string; id: string; keyId?: string; sessionId?: string }): AuditActor {
  const { kind, id, keyId, sessionId } = principal;
  return { kind, id, ...(keyId ? { keyId } : {}), ...(sessionId ? { sessionId } : {}) };
}

/** The entry of a note: without a number, since nothing was changed. */
export function noteEntry(call: Source, route: Route, note: AuditNote): AuditEntry {
  const address = call.request.headers.get("cf-connecting-ip")?.slice(0, 64);
  return {
    id: call.newId("auditEntry"),
    time: new Date(call.now).toISOString(),
    actor: note.actor ?? actorOf(call.principal),
    ...(note.onBehalfOf ? { onBehalfOf: note.onBehalfOf } : {}),
    action:
      note.action ??
      (route.action === "public" || route.action === "self" ? route.operationId : route.action),
    object: note.object,
    tenant: note.tenantId ?? null,
    outcome: note.outcome,
    ...(note.reason ? { reason: note.reason.slice(0, MAX_REASON_LENGTH) } : {}),
    requestId: call.requestId,
    correlationId: call.correlationId,
    ...(address ? { address } : {}),
  };
}

/** A refusal as a note. @param hidden the principal may not even know that the object is there */
export function denialOf(action: Permission, object: AccessObject, hidden: boolean): AuditNote {
  // What one may not see tells nobody there that it was looked for: the platform's log has that.
  const { tenantId = null } = object;
  return { action, object: objectOf(object), outcome: "denied", tenantId: hidden ? null : tenantId };
}

/** A credential that was one of ours and is good no more, as a note: of its tenant, where it is good for one alone. */
export function refusalOf(principal: Principal, reason: string): AuditNote {
  const actor = actorOf(principal);
  const object = actor.keyId ? `api-key/${actor.keyId}` : `session/${actor.sessionId}`;
  return { actor, object, outcome: "denied", tenantId: limitsOf(principal).tenantId ?? null, reason };
}

/** The innermost of what was asked about. */
function objectOf({ tenantId, projectId, environmentId, clusterId }: AccessObject): string {
  if (environmentId) return `environment/${environmentId}`;
  if (clusterId) return `cluster/${clusterId}`;
  if (projectId) return `project/${projectId}`;
  return tenantId ? `tenant/${tenantId}` : "platform/platform";
}

/**
 * The entry of a mutation, before it takes its number; undefined where nothing is changed. The first event tells what was
 * acted on; the others' subjects are what went along.
 */
export async function mutationEntry(
  call: Source,
  route: Route,
  { statements, events, audit = {} }: Pick<Commit, "statements" | "events" | "audit">,
): Promise<AuditEntry | undefined> {
  if (statements.length === 0 && events.length === 0) return undefined;
  const [first] = events;
  const object = audit.object ?? first?.subject ?? `operation/${route.operationId}`;
  const tenantId = audit.tenantId === undefined ? commonTenant(events) : audit.tenantId;
  const entry = noteEntry(call, route, { ...audit, object, tenantId, outcome: "success" });
  const related = [...new Set(events.map(({ subject }) => subject))].filter((subject) => subject !== object);
  return {
    ...entry,
    ...(related.length > 0 ? { related: related.slice(0, MAX_RELATED) } : {}),
    ...(await digestsOf(first)),
  };
}

/** The tenant of all of them; what concerns several is the platform's. */
function commonTenant(events: readonly NewEvent[]): string | null {
  const tenants = new Set(events.map(({ tenantId }) => tenantId));
  return tenants.size === 1 ? (events[0]?.tenantId ?? null) : null;
}

async function digestsOf(event: NewEvent | undefined): Promise<{ before?: string; after?: string }> {
  const { before, after } = (event?.data ?? {}) as { before?: unknown; after?: unknown };
  const [was, is] = await Promise.all(
    [before, after].map((state) => (state == null ? undefined : digestOf(state))),
  );
  return { ...(was ? { before: was } : {}), ...(is ? { after: is } : {}) };
}
