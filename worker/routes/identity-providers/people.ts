import { permissionsOf, type Scope } from "../../../domain/access/index.ts";
import type { Call } from "../../routing/call.ts";
import { directory } from "../../store/database.ts";
import type { IdentityProvider } from "../../store/identity-providers.ts";
import { findRolesOfPeople, rolesOfPeople, rolesOfPeopleStand } from "../../store/provider-people.ts";
import { mayGive } from "../shared/giving.ts";

/**
 * Who says whom a provider names could name himself, and who ends one locks its people out: so he must hold, in all of
 * the tenant or platform whose it is, every role that its people and groups have anywhere.
 * @param kind `gives`: for as long as they have it; `takes`: now
 * @returns what must still hold in the batch
 * @throws KubeNovaError KN-1130
 */
export async function mayActOnPeople(
  call: Call,
  provider: Pick<IdentityProvider, "id" | "tenantId">,
  kind: "gives" | "takes",
): Promise<D1PreparedStatement> {
  const db = directory(call.env);
  const { id, tenantId } = provider;
  const [rows] = await call.look(db, [findRolesOfPeople(db, provider, call.now)]);
  const read = rows?.results[0];
  const scope: Scope = tenantId === null ? { level: "platform" } : { level: "tenant", tenantId };
  for (const { role, permissions, expiresAt } of rolesOfPeople(read)) {
    const gift = { permissions: permissionsOf(role, permissions ?? []), scope };
    mayGive(call, { ...gift, expiresAt: kind === "gives" ? expiresAt : call.now }, `identity-provider/${id}`);
  }
  return rolesOfPeopleStand(db, provider, call.now, read);
}
