import { limitsOf } from "../../domain/access/index.ts";
import { type AuditNote, STRANGER } from "../../domain/audit/note.ts";
import { ERRORS, KubeNovaError } from "../../domain/errors/index.ts";
import type { Call } from "../routing/call.ts";
import type { IdentityProvider } from "../store/identity-providers.ts";
import type { OwnedSession } from "../store/sessions.ts";

type Told = Omit<AuditNote, "outcome"> & { outcome?: AuditNote["outcome"] };

/**
 * Has the audit log tell of a refusal, by its code alone: what a provider or a client said stays out.
 * @returns the error, to be thrown
 */
export function denied<E>(call: Pick<Call, "audit">, error: E, note: Told): E {
  const reason =
    error instanceof KubeNovaError ? `${error.code} ${ERRORS[error.code].name}` : "an error here";
  call.audit({ outcome: "denied", reason, ...note });
  return error;
}

/** The same of somebody who has shown nothing that is known. @param object `<kind>/<id>` of what he came with */
export const strangerDenied = <E>(call: Pick<Call, "audit">, error: E, object: string): E =>
  denied(call, error, { actor: STRANGER, object });

/** The same of a login whose token was genuine, in the log where the login's own entry stands. */
export const sessionDenied = <E>(
  call: Pick<Call, "audit">,
  error: E,
  { session }: Pick<OwnedSession, "session">,
): E =>
  denied(call, error, {
    actor: { kind: "user", id: session.userId, sessionId: session.id },
    object: `session/${session.id}`,
    tenantId: session.tenantId,
  });

/** The same of somebody who asked for what is his own. */
export function selfDenied<E>(call: Pick<Call, "audit" | "principal">, error: E): E {
  const { kind, id } = call.principal;
  return denied(call, error, {
    object: `${kind}/${id}`,
    tenantId: limitsOf(call.principal).tenantId ?? null,
  });
}

/** A login at a provider that came to nothing before anybody was named. */
export const loginUnnamed = <E>(
  call: Pick<Call, "audit">,
  error: E,
  { id, tenantId }: Pick<IdentityProvider, "id" | "tenantId">,
): E =>
  denied(call, error, {
    action: "login",
    actor: STRANGER,
    object: `identity-provider/${id}`,
    tenantId,
    outcome: "failed",
  });

/** A login guessed, or typed wrongly, the code that a terminal shows. */
export const noSuchDevice = (call: Pick<Call, "audit">, { session }: Pick<OwnedSession, "session">): void =>
  call.audit({
    actor: { kind: "user", id: session.userId, sessionId: session.id },
    object: "device-login/unknown",
    tenantId: session.tenantId,
    outcome: "denied",
    reason: "no terminal waits with this code",
  });
