import { KubeNovaError } from "../../../domain/errors/index.ts";
import type { Call } from "../../routing/call.ts";
import { directory } from "../../store/database.ts";
import { countOtherOwners, ownersStand } from "../../store/giving.ts";

/**
 * What follows, in a batch, on statements that take an owner of a tenant away: nothing where the platform does it.
 * @param subject he who goes
 * @throws KubeNovaError KN-1131 where he is the last
 */
export async function ownersAfter(
  call: Call,
  tenantId: string,
  subject: string,
): Promise<D1PreparedStatement[]> {
  if (call.can("platform-access:update", {})) return [];
  const db = directory(call.env);
  const [owners] = await call.look(db, [countOtherOwners(db, tenantId, subject)]);
  if (Number(owners?.results[0]?.count) === 0) throw new KubeNovaError("KN-1131");
  return [ownersStand(db, tenantId)];
}
