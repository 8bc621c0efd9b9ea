import { isOwnership, permissionsOf } from "../../../domain/access/index.ts";
import type { Answer, Call } from "../../routing/call.ts";
import type { NamedBinding } from "../../store/bindings.ts";
import { directory } from "../../store/database.ts";
import { deleteBinding } from "../../store/giving.ts";
import { accessEvent, mayGive } from "../shared/giving.ts";
import { ownersAfter } from "../shared/owners.ts";
import { bindingState, scopeOfBinding } from "./state.ts";

/** Takes away what a binding gives; it holds until the commit and not beyond. @throws KubeNovaError KN-1130, KN-1131 */
export async function take(call: Call, binding: NamedBinding): Promise<Answer> {
  const db = directory(call.env);
  mayTake(call, binding);
  const { tenantId, subject } = binding;
  const owners = tenantId !== null && isOwnership(binding) ? await ownersAfter(call, tenantId, subject) : [];
  return call.commit({
    db,
    statements: [...deleteBinding(db, binding.id), ...owners],
    events: [
      accessEvent(tenantId, `binding/${binding.id}`, "binding-deleted", {
        before: bindingState(binding),
      }),
    ],
    audit: { tenantId: tenantId ?? binding.clusterOwner },
    answer: { status: 204 },
  });
}

/** Nobody takes from another what he could not give. @throws KubeNovaError KN-1130 */
export function mayTake(call: Call, binding: NamedBinding): void {
  const permissions = permissionsOf(binding.role, binding.rolePermissions ?? []);
  const gift = {
    permissions,
    scope: scopeOfBinding(binding),
    owner: binding.clusterOwner,
    expiresAt: call.now,
  };
  mayGive(call, gift, `binding/${binding.id}`);
}

/** Somebody else gets what a binding gives, for as long as it does. @throws KubeNovaError KN-1130 */
export function mayPass(call: Call, binding: NamedBinding): void {
  const permissions = permissionsOf(binding.role, binding.rolePermissions ?? []);
  const { clusterOwner: owner, expiresAt, subject } = binding;
  mayGive(call, { permissions, scope: scopeOfBinding(binding), owner, expiresAt }, subject);
}
