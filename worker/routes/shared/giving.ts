import { type Gift, lacking } from "../../../domain/access/index.ts";
import { KubeNovaError } from "../../../domain/errors/index.ts";
import type { Call } from "../../routing/call.ts";
import type { EventOf } from "../../store/events.ts";

/** Permissions that a refusal names. */
const NAMED = 20;

/**
 * Nobody gives what he does not hold, and nobody takes it from another: see domain/access/giving.ts.
 * @param object `<kind>/<id>` that the audit log names where it is refused
 * @throws KubeNovaError KN-1130
 */
export function mayGive(call: Call, gift: Gift, object: string): void {
  const missing = lacking(call.principal, gift);
  if (missing.length === 0) return;
  const { scope } = gift;
  call.audit({
    object,
    outcome: "denied",
    tenantId: ("tenantId" in scope ? scope.tenantId : gift.owner) ?? null,
    reason: `not held by who would give or take it: ${missing.slice(0, NAMED).join(", ")}`,
  });
  throw new KubeNovaError("KN-1130", undefined, { missing: missing.slice(0, NAMED) });
}

type AccessChanged = EventOf<"evt.access.changed">;

/** An event of a change of access. @param subject `<kind>/<id>` of what has changed */
export const accessEvent = (
  tenantId: string | null,
  subject: string,
  kind: string,
  { before = null, after = null }: Partial<Pick<AccessChanged["data"], "before" | "after">>,
): AccessChanged => ({ type: "evt.access.changed", tenantId, subject, data: { kind, before, after } });

/** A field of the body that is not wrong in its form, but in what it names. */
export const notThere = (path: string, message: string): KubeNovaError =>
  new KubeNovaError("KN-1002", `The body is not valid: ${message}.`, {
    in: "body",
    issues: [{ path, message }],
  });
