import { isOwnership } from "../../../domain/access/index.ts";
import { defineRoute } from "../../routing/define.ts";
import { directory } from "../../store/database.ts";
import { bindingsHeld, heldBindings, removeMember as removeRow } from "../../store/members.ts";
import { mayTake } from "../bindings/take.ts";
import { accessEvent } from "../shared/giving.ts";
import { ownersAfter } from "../shared/owners.ts";
import { readMember } from "./read.ts";
import { memberParams } from "./schema.ts";

export const removeMember = defineRoute({
  method: "delete",
  path: "/api/v1/tenants/{tenant}/members/{user}",
  operationId: "removeMember",
  tag: "members",
  summary: "Remove a member",
  description:
    "With him go his places in teams, what was given to him in the tenant, and the keys and logins that are good for it alone. A user of the tenant's own providers is deleted. Who removes him must hold what he had.",
  action: "member:delete",
  params: memberParams,
  answers: { 204: { description: "He is gone, from the next request on." } },
  errors: ["KN-1130", "KN-1131"],
  async handler(call) {
    const db = directory(call.env);
    const { tenantId, member } = await readMember(call);
    const subject = `user/${member.id}`;
    const [rows] = await call.look(db, [bindingsHeld(db, tenantId, subject)]);
    const held = heldBindings(rows?.results ?? []);
    for (const binding of held) mayTake(call, binding);
    const isOwner = held.some((binding) => binding.subject === subject && isOwnership(binding));
    const owners = isOwner ? await ownersAfter(call, tenantId, subject) : [];
    return call.commit({
      db,
      statements: [...removeRow(db, tenantId, member.id, held, call.now), ...owners],
      events: [
        accessEvent(tenantId, subject, "member-removed", {
          before: { userId: member.id, roles: [...new Set(held.map(({ role }) => role))].sort() },
        }),
        ...(member.isOwn
          ? [accessEvent(tenantId, subject, "user-deleted", { before: { userId: member.id } })]
          : []),
      ],
      answer: { status: 204 },
    });
  },
});
