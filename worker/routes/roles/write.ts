import { permissionSet, type Scope, writtenPermissions } from "../../../domain/access/index.ts";
import { sameJson } from "../../../domain/canonical/same.ts";
import { KubeNovaError } from "../../../domain/errors/index.ts";
import type { Answer, Call } from "../../routing/call.ts";
import { etagOf } from "../../routing/preconditions.ts";
import { directory } from "../../store/database.ts";
import { type CustomRole, deleteRole, insertRole, MAX_ROLES, updateRole } from "../../store/roles.ts";
import { accessEvent, mayGive } from "../shared/giving.ts";
import { type RolePatch, type RoleWrite, roleJson } from "./schema.ts";

/** Whose role it is, and where it is found. */
export interface RoleOwner {
  /** Null: the platform's. */
  tenantId: string | null;
  /** `/api/v1/tenants/acme/roles` */
  path: string;
}

const homeOf = (tenantId: string | null): Scope =>
  tenantId === null ? { level: "platform" } : { level: "tenant", tenantId };

const roleAnswer = (status: number, role: CustomRole): Answer => ({
  status,
  body: roleJson(role),
  etag: etagOf(role.version),
});

/** What events say of a role. */
const roleState = ({ id, name, displayName, permissions, version }: CustomRole) => ({
  id,
  name,
  displayName,
  permissions,
  version,
});

/** Commits a new role, of permissions that its maker has. @throws KubeNovaError KN-1130, KN-1133, KN-1300 */
export function createRoleRow(
  call: Call,
  { tenantId, path }: RoleOwner,
  write: RoleWrite,
  found: { same: CustomRole | undefined; count: number },
): Promise<Answer> {
  const db = directory(call.env);
  const permissions = permissionSet(write.permissions);
  mayGive(call, { permissions, scope: homeOf(tenantId), expiresAt: call.now }, `role/${write.name}`);
  if (found.same) {
    throw new KubeNovaError("KN-1300", `There is a role '${write.name}' already.`, { id: found.same.id });
  }
  if (found.count >= MAX_ROLES) throw new KubeNovaError("KN-1133", undefined, { max: MAX_ROLES });
  const role: CustomRole = {
    id: call.newId("role"),
    tenantId,
    name: write.name,
    displayName: write.displayName ?? null,
    permissions: writtenPermissions(write.permissions),
    version: 1,
    createdAt: call.now,
    updatedAt: call.now,
  };
  return call.commit({
    db,
    statements: insertRole(db, role),
    events: [accessEvent(tenantId, `role/${role.id}`, "role-created", { after: roleState(role) })],
    answer: { ...roleAnswer(201, role), location: `${path}/${role.name}` },
  });
}

/**
 * Commits what a PATCH wants of a role. Whoever has it has the new permissions at once, and for good: so its changer must
 * have both those that come and those that go.
 */
export function changeRole(call: Call, before: CustomRole, patch: RolePatch): Promise<Answer> {
  const db = directory(call.env);
  const changes = {
    displayName: patch.displayName === undefined ? before.displayName : patch.displayName,
    permissions: patch.permissions ? writtenPermissions(patch.permissions) : before.permissions,
  };
  if (sameJson(changes, { displayName: before.displayName, permissions: before.permissions })) {
    return call.commit({ db, statements: [], events: [], answer: roleAnswer(200, before) });
  }
  const permissions = permissionSet([...before.permissions, ...changes.permissions]);
  mayGive(call, { permissions, scope: homeOf(before.tenantId), expiresAt: null }, `role/${before.id}`);
  const after: CustomRole = { ...before, ...changes, version: before.version + 1, updatedAt: call.now };
  return call.commit({
    db,
    statements: updateRole(db, before, { ...changes, updatedAt: call.now }),
    events: [
      accessEvent(before.tenantId, `role/${before.id}`, "role-changed", {
        before: roleState(before),
        after: roleState(after),
      }),
    ],
    answer: roleAnswer(200, after),
  });
}

/** Commits that a role is no more. @throws KubeNovaError KN-1132 where it is given to somebody */
export function removeRole(call: Call, before: CustomRole, uses: number): Promise<Answer> {
  const db = directory(call.env);
  if (uses > 0) throw new KubeNovaError("KN-1132", undefined, { uses });
  return call.commit({
    db,
    statements: deleteRole(db, before, call.now),
    events: [
      accessEvent(before.tenantId, `role/${before.id}`, "role-deleted", { before: roleState(before) }),
    ],
    answer: { status: 204 },
  });
}
