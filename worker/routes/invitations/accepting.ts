import { lacking, PLATFORM_ADMIN, type Principal } from "../../../domain/access/index.ts";
import { KubeNovaError } from "../../../domain/errors/index.ts";
import { isAtHome } from "../../../domain/identity/realm.ts";
import type { Call, Commit } from "../../routing/call.ts";
import { directory } from "../../store/database.ts";
import { findSubjectAccess, subjectAccess } from "../../store/given.ts";
import { findLikeBinding, insertBinding } from "../../store/giving.ts";
import { joinTenant } from "../../store/identities.ts";
import { acceptInvitation, findStanding, type Invitation, invitationState } from "../../store/invitations.ts";
import { findRolesById } from "../../store/roles.ts";
import { guardThat, type Row } from "../../store/rows.ts";
import { subjectStands } from "../../store/subjects.ts";
import { findUser, userOf } from "../../store/users.ts";
import { bindingRow } from "../bindings/give.ts";
import { bindingState } from "../bindings/state.ts";
import { accessEvent } from "../shared/giving.ts";
import { type Grant, invitationEventState } from "./make.ts";
import { standingGrants } from "./standing.ts";

/** An invitation that may be accepted by whoever asks, and what it gives now. */
export interface Acceptable {
  invitation: Invitation;
  /** Name of its tenant; null for the platform's. */
  tenant: string | null;
  grants: Grant[];
}

const over = (why: string): KubeNovaError => new KubeNovaError("KN-1134", why);

/** @throws KubeNovaError KN-1134 where it is over, for another, or gives what its maker may no longer give */
export async function acceptable(
  call: Call,
  principal: Extract<Principal, { kind: "user" }>,
  invitation: Invitation,
): Promise<Acceptable> {
  const db = directory(call.env);
  const { tenantId, createdBy } = invitation;
  const state = invitationState(invitation, call.now);
  if (state !== "open") throw over(`The invitation is ${state}.`);
  const by = createdBy.startsWith("usr_") ? `user/${createdBy}` : `service-account/${createdBy}`;
  const [users, standing, roles, access] = await call.look(db, [
    findUser(db, principal.id),
    findStanding(db, invitation),
    findRolesById(
      db,
      invitation.grants.map(({ role }) => role),
    ),
    findSubjectAccess(db, by, call.now),
  ]);
  // A login by a tenant's own provider proves an address to that tenant alone.
  const { tenantId: heldTo } = principal.limits ?? {};
  const user = userOf(users?.results[0]);
  const isHis = user?.email === invitation.email && isAtHome(user.tenantId, tenantId);
  if (!isHis || (heldTo !== undefined && heldTo !== tenantId)) {
    throw over("The invitation is for another address than that of this login.");
  }
  const tenant = (standing?.results[0]?.tenant as string | null) ?? null;
  const grants = standingGrants(invitation, standing?.results[0], roles?.results ?? []);
  if ((tenantId !== null && tenant === null) || !grants)
    throw over("What the invitation is to is no longer there.");
  if (!mayStillGive(inviterOf(createdBy, access?.results[0]), grants)) {
    throw over("Who made the invitation may no longer give what it gives.");
  }
  return { invitation, tenant, grants };
}

/** Who has made an invitation, as he is now. */
function inviterOf(createdBy: string, row: Row | undefined): Principal {
  if (createdBy === PLATFORM_ADMIN.id) return PLATFORM_ADMIN;
  const { bindings, disabled } = subjectAccess(row);
  return { kind: "user", id: createdBy, bindings: disabled ? [] : bindings };
}

const mayStillGive = (by: Principal, grants: Grant[]): boolean =>
  grants.every(
    ({ role, scope }) => lacking(by, { permissions: role.permissions, scope, expiresAt: null }).length === 0,
  );

/** The one batch by which somebody comes in. @param userId who accepts */
export async function accepting(
  call: Call,
  userId: string,
  { invitation, tenant, grants }: Acceptable,
): Promise<Commit> {
  const db = directory(call.env);
  const { id, tenantId, createdBy } = invitation;
  const subject = `user/${userId}`;
  const stands = subjectStands(subject, tenantId);
  const all = grants.map(({ role, scope }) => ({
    read: role.read,
    row: bindingRow(call, { subject, role: role.role, tenantId, scope, expiresAt: null }, createdBy),
  }));
  const like = await call.look(
    db,
    all.map(({ row }) => findLikeBinding(db, row)),
  );
  const missing = all.filter((_, i) => like[i]?.results[0]?.same == null);
  return {
    db,
    statements: [
      ...acceptInvitation(db, id, userId, call.now),
      ...(tenantId === null ? [] : [joinTenant(db, tenantId, userId, createdBy, call.now)]),
      guardThat(db, stands.sql, ...stands.values),
      ...missing.flatMap(({ row, read }) => insertBinding(db, row, read)),
    ],
    events: [
      accessEvent(tenantId, `invitation/${id}`, "invitation-accepted", {
        before: invitationEventState(invitation),
        after: { userId },
      }),
      ...missing.map(({ row }) =>
        accessEvent(tenantId, `binding/${row.id}`, "binding-created", { after: bindingState(row) }),
      ),
    ],
    answer: {
      status: 200,
      body: { tenant: tenant ?? undefined, bindings: missing.map(({ row }) => row.id) },
    },
  };
}
