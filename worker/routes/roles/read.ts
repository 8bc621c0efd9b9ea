import { KubeNovaError } from "../../../domain/errors/index.ts";
import type { Call } from "../../routing/call.ts";
import { directory } from "../../store/database.ts";
import { findTenantPath, foundIn } from "../../store/paths.ts";
import { type CustomRole, countRoles, countUses, findRole, roleOf } from "../../store/roles.ts";
import { tenantPath } from "../../store/scope.ts";
import { openTenant } from "../shared/place.ts";
import type { RoleOwner } from "./write.ts";

export interface ReadRole {
  owner: RoleOwner;
  role: CustomRole | undefined;
  /** How many roles the owner has. */
  count: number;
}

/** A role by its name, once one may ask for it. @param tenant null for the platform @throws KubeNovaError KN-1200, KN-1102 */
export async function readRole(call: Call, tenant: string | null, name: string): Promise<ReadRole> {
  const db = directory(call.env);
  const [rows, counted, place] = await call.read(db, [
    findRole(db, tenant, name),
    countRoles(db, tenant),
    ...(tenant === null ? [] : [findTenantPath(tenantPath(call.env, tenant))]),
  ]);
  return {
    owner: openOwner(call, tenant, place),
    role: roleOf(rows?.results[0]),
    count: Number(counted?.results[0]?.count),
  };
}

/** Asks can() on the tenant whose roles they are, or on the platform. */
export function openOwner(
  call: Call,
  tenant: string | null,
  place: D1Result<Record<string, unknown>> | undefined,
): RoleOwner {
  if (tenant === null) {
    call.authorize({});
    return { tenantId: null, path: "/api/v1/roles" };
  }
  const { tenant: row } = openTenant(call, { tenant }, foundIn(place?.results[0]));
  return { tenantId: row.id, path: `/api/v1/tenants/${tenant}/roles` };
}

/** @throws KubeNovaError KN-1200 where there is none */
export async function presentRole(call: Call, tenant: string | null, name: string): Promise<CustomRole> {
  const { role } = await readRole(call, tenant, name);
  if (!role) throw new KubeNovaError("KN-1200", `There is no role '${name}' that can be changed here.`);
  return role;
}

/** How many bindings and open invitations give a role. */
export async function usesOf(call: Call, role: CustomRole): Promise<number> {
  const db = directory(call.env);
  const [uses] = await call.look(db, [countUses(db, role.id, call.now)]);
  return Number(uses?.results[0]?.count);
}
