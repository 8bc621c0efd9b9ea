import type { Call } from "../../routing/call.ts";
import { defineRoute } from "../../routing/define.ts";
import { directory } from "../../store/database.ts";
import { findTenantPath, foundIn } from "../../store/paths.ts";
import { tenantPath } from "../../store/scope.ts";
import { findScope, foundScope } from "../../store/scopes.ts";
import { notThere } from "../shared/giving.ts";
import { openTenant } from "../shared/place.ts";
import { findGivenRole, givenRole } from "../shared/role.ts";
import { tenantParams } from "../tenants/schema.ts";
import { type Grant, invite } from "./make.ts";
import {
  createInvitationSchema,
  type Grant as NamedGrant,
  newInvitationExample,
  newInvitationSchema,
} from "./schema.ts";

export const createInvitation = defineRoute({
  method: "post",
  path: "/api/v1/tenants/{tenant}/invitations",
  operationId: "createInvitation",
  tag: "invitations",
  summary: "Invite somebody into a tenant",
  description:
    "By his e-mail address, to roles that the inviter holds himself: when he accepts, that is asked again. The answer shows the token once; nothing is sent to him. It works once, within 7 days.",
  action: "invitation:create",
  params: tenantParams,
  body: {
    schema: createInvitationSchema,
    example: { email: "ada@example.com", grants: [{ role: "developer", project: "shop" }] },
  },
  answers: {
    201: {
      description: "The invitation, with its token.",
      schema: newInvitationSchema,
      example: newInvitationExample,
      headers: ["Location"],
    },
  },
  errors: ["KN-1130", "KN-1133", "KN-1300", "KN-1304"],
  async handler(call) {
    const { tenant } = call.params;
    const { email, grants } = call.body;
    const db = directory(call.env);
    const [place, ...named] = await call.read(db, [
      findTenantPath(tenantPath(call.env, tenant)),
      ...grants.flatMap(({ role, project, environment }) => [
        findScope(db, { tenant, project, environment }),
        findGivenRole(db, tenant, role),
      ]),
    ]);
    const { id: tenantId } = openTenant(call, { tenant }, foundIn(place?.results[0])).tenant;
    const given = grants.map(
      (grant, i): Grant => ({
        role: givenRole(grant.role, named[2 * i + 1]?.results[0], `grants.${i}.role`),
        scope: scopeOf(call, tenantId, grant, named[2 * i]?.results[0], `grants.${i}`),
      }),
    );
    return invite(call, { tenantId, path: `/api/v1/tenants/${tenant}/invitations` }, email, given);
  },
});

/** Where a grant will hold. @throws KubeNovaError KN-1002 for what is not there, or not to be seen */
function scopeOf(
  call: Call,
  tenantId: string,
  { project: projectName, environment: environmentName }: NamedGrant,
  row: Record<string, unknown> | undefined,
  path: string,
): Grant["scope"] {
  if (projectName === undefined) return { level: "tenant", tenantId };
  const { project, environment } = foundScope(row);
  const missing = (kind: string, name: string) =>
    notThere(`${path}.${kind}`, `there is no ${kind} '${name}'`);
  if (project?.deletedAt !== null || !call.can("project:get", { tenantId, projectId: project.id })) {
    throw missing("project", projectName);
  }
  if (environmentName === undefined) return { level: "project", tenantId, projectId: project.id };
  if (environment?.deletedAt !== null) throw missing("environment", environmentName);
  return { level: "environment", tenantId, projectId: project.id, environmentId: environment.id };
}
