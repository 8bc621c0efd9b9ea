import { KubeNovaError } from "../../../domain/errors/index.ts";
import type { Call } from "../../routing/call.ts";
import { directory } from "../../store/database.ts";
import { findMember, type Member, memberOf } from "../../store/members.ts";
import { findTenantPath, foundIn } from "../../store/paths.ts";
import { tenantPath } from "../../store/scope.ts";
import { openTenant } from "../shared/place.ts";

/** @throws KubeNovaError KN-1200, KN-1102 */
export async function readMember(
  call: Call<{ tenant: string; user: string }>,
): Promise<{ tenantId: string; member: Member }> {
  const { tenant, user } = call.params;
  const db = directory(call.env);
  const [place, rows] = await call.read(db, [
    findTenantPath(tenantPath(call.env, tenant)),
    findMember(db, tenant, user),
  ]);
  const { id: tenantId } = openTenant(call, { tenant }, foundIn(place?.results[0])).tenant;
  const member = memberOf(rows?.results[0]);
  if (!member) throw new KubeNovaError("KN-1200", `There is no member '${user}'.`);
  return { tenantId, member };
}
