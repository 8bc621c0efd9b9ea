import { objectOf, type Permission } from "../../../domain/access/index.ts";
import { KubeNovaError } from "../../../domain/errors/index.ts";
import type { Call } from "../../routing/call.ts";
import { bindingOf, findBinding, type NamedBinding } from "../../store/bindings.ts";
import { directory } from "../../store/database.ts";
import { findScope, foundScope } from "../../store/scopes.ts";
import { tenantObject } from "../shared/objects.ts";
import { seenTenant } from "../shared/place.ts";
import { scopeOfBinding } from "./state.ts";

/**
 * One binding of a tenant, or of the platform. Who may not do that where it holds is told that it is not there.
 * @param permission the route's action
 * @throws KubeNovaError KN-1200, KN-1102
 */
export async function readBinding(
  call: Call,
  tenant: string | null,
  id: string,
  permission: Permission,
): Promise<NamedBinding> {
  const db = directory(call.env);
  const [place, rows] = await call.read(db, [
    findScope(db, { tenant: tenant ?? undefined }),
    findBinding(db, tenant, id),
  ]);
  const binding = bindingOf(rows?.results[0]);
  if (tenant === null) call.authorize({});
  else {
    const parent = seenTenant(call, { tenant }, foundScope(place?.results[0])).tenant;
    const object = binding ? objectOf(scopeOfBinding(binding), binding.clusterOwner) : tenantObject(parent);
    if (!call.can(permission, object)) throw noBinding(id);
    call.authorize(object);
  }
  if (!binding) throw noBinding(id);
  return binding;
}

const noBinding = (id: string): KubeNovaError => new KubeNovaError("KN-1200", `There is no binding '${id}'.`);
