import { KubeNovaError } from "../../../domain/errors/index.ts";
import type { Call } from "../../routing/call.ts";
import { directory } from "../../store/database.ts";
import { findInvitation, type Invitation, invitationOf } from "../../store/invitations.ts";
import { openHome, tenantStatement } from "../shared/home.ts";

/** One of a tenant, or of the platform. @throws KubeNovaError KN-1200, KN-1102 */
export async function readInvitation(call: Call, tenant: string | null, id: string): Promise<Invitation> {
  const db = directory(call.env);
  const [rows, place] = await call.read(db, [
    findInvitation(db, tenant, id),
    ...tenantStatement(call, tenant),
  ]);
  openHome(call, tenant, place);
  const invitation = invitationOf(rows?.results[0]);
  if (!invitation) throw new KubeNovaError("KN-1200", `There is no invitation '${id}'.`);
  return invitation;
}
