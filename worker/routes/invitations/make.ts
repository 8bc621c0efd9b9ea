import type { Scope } from "../../../domain/access/index.ts";
import { KubeNovaError } from "../../../domain/errors/index.ts";
import { newSecret } from "../../keys/secret.ts";
import type { Answer, Call } from "../../routing/call.ts";
import { directory } from "../../store/database.ts";
import {
  findInvited,
  type Invitation,
  insertInvitation,
  MAX_OPEN_INVITATIONS,
} from "../../store/invitations.ts";
import { iso } from "../shared/catalogue.ts";
import { keptEmail } from "../shared/email.ts";
import { accessEvent, mayGive } from "../shared/giving.ts";
import { type GivenRole, levelFits } from "../shared/role.ts";
import { invitationJson } from "./schema.ts";

/** A week, as e-mails are read. */
const INVITATION_TTL_MS = 7 * 24 * 60 * 60 * 1000;

/** A role of an invitation, and where it will be given. */
export interface Grant {
  role: GivenRole;
  scope: Scope;
}

/** What events say of an invitation: neither its secret nor whom it is for. */
export const invitationEventState = (row: Invitation) => ({
  id: row.id,
  grants: row.grants,
  expiresAt: iso(row.expiresAt),
});

/**
 * Commits an invitation to what its maker may give; the answer shows its secret once.
 * @param path of its list, `/api/v1/tenants/acme/invitations`
 * @throws KubeNovaError KN-1002, KN-1130, KN-1133, KN-1300
 */
export async function invite(
  call: Call,
  { tenantId, path }: { tenantId: string | null; path: string },
  address: string,
  grants: Grant[],
): Promise<Answer> {
  const db = directory(call.env);
  const email = keptEmail(address);
  grants.forEach(({ role, scope }, i) => {
    levelFits(role, scope.level, `grants.${i}.role`);
    mayGive(call, { permissions: role.permissions, scope, expiresAt: null }, `role/${role.role}`);
  });
  const [rows] = await call.look(db, [findInvited(db, tenantId, email, call.now)]);
  isWelcome(rows?.results[0]);
  const { secret, hash } = await newSecret();
  const row: Invitation = {
    id: call.newId("invitation"),
    tenantId,
    email,
    grants: grants.map(grantOf),
    secretHash: hash,
    createdAt: call.now,
    createdBy: call.principal.id,
    expiresAt: call.now + INVITATION_TTL_MS,
    acceptedAt: null,
    acceptedBy: null,
    revokedAt: null,
  };
  const token = `${row.id}.${secret}`;
  const location = `${path}/${row.id}`;
  return call.commit({
    db,
    statements: insertInvitation(db, row),
    events: [
      accessEvent(tenantId, `invitation/${row.id}`, "invitation-created", {
        after: invitationEventState(row),
      }),
    ],
    answer: {
      status: 201,
      body: { ...invitationJson(row, call.now), token, accept: acceptCommand(call, token) },
      location,
    },
    secretReference: location,
  });
}

/** @throws KubeNovaError where he is a member, is invited already, or too many are */
function isWelcome(row: Record<string, unknown> | undefined): void {
  const { count, same, member } = (row ?? {}) as {
    count: number;
    same: string | null;
    member: string | null;
  };
  if (member !== null) {
    throw new KubeNovaError("KN-1300", "He is a member already: give him a role by a binding.", {
      id: member,
    });
  }
  if (same !== null)
    throw new KubeNovaError("KN-1300", "An invitation to this address is open.", { id: same });
  if (count >= MAX_OPEN_INVITATIONS)
    throw new KubeNovaError("KN-1133", undefined, { max: MAX_OPEN_INVITATIONS });
}

const grantOf = ({ role, scope }: Grant): Invitation["grants"][number] => ({
  role: role.role,
  ...("projectId" in scope ? { projectId: scope.projectId } : {}),
  ...("environmentId" in scope ? { environmentId: scope.environmentId } : {}),
});

/** What a person pastes: see docs/access.md. */
const acceptCommand = ({ request }: Call, token: string): string =>
  `curl -sS -X POST ${new URL(request.url).origin}/api/v1/invitations:accept -H "Authorization: Bearer $KUBENOVA_TOKEN" --json '{"token":"${token}"}'`;
