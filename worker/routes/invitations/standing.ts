import { isRoleName, type Scope } from "../../../domain/access/index.ts";
import type { Invitation } from "../../store/invitations.ts";
import { roleOf } from "../../store/roles.ts";
import type { Row } from "../../store/rows.ts";
import { customRole, type GivenRole, givenRole } from "../shared/role.ts";
import type { Grant } from "./make.ts";

/** What an invitation gives, as its roles are now; undefined where a role or a place is no longer there. */
export function standingGrants(
  { tenantId, grants }: Invitation,
  standing: Row | undefined,
  roles: Row[],
): Grant[] | undefined {
  const ids = new Set(JSON.parse(String(standing?.ids ?? "[]")) as string[]);
  const custom = new Map(
    roles.flatMap((row) => roleOf(row) ?? []).map((role) => [role.id, customRole(role)]),
  );
  const found = grants.map((grant) => {
    const role = isRoleName(grant.role) ? givenRole(grant.role, undefined) : custom.get(grant.role);
    return grantNow(role, tenantId, grant, ids);
  });
  return found.every((grant) => grant !== undefined) ? found : undefined;
}

function grantNow(
  role: GivenRole | undefined,
  tenantId: string | null,
  { projectId, environmentId }: Invitation["grants"][number],
  ids: ReadonlySet<string>,
): Grant | undefined {
  const places = [projectId, environmentId].filter((id) => id !== undefined);
  if (!role || !places.every((id) => ids.has(id))) return undefined;
  return { role, scope: scopeOf(tenantId, projectId, environmentId) };
}

function scopeOf(tenantId: string | null, projectId?: string, environmentId?: string): Scope {
  if (tenantId === null) return { level: "platform" };
  if (projectId === undefined) return { level: "tenant", tenantId };
  if (environmentId === undefined) return { level: "project", tenantId, projectId };
  return { level: "environment", tenantId, projectId, environmentId };
}
