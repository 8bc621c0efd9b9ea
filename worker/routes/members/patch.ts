import { isOwnership } from "../../../domain/access/index.ts";
import { KubeNovaError } from "../../../domain/errors/index.ts";
import type { Call } from "../../routing/call.ts";
import { defineRoute } from "../../routing/define.ts";
import { MERGE_PATCH_TYPES } from "../../routing/requests.ts";
import { directory } from "../../store/database.ts";
import { bindingsHeld, heldBindings, heldStands, type Member } from "../../store/members.ts";
import { updateUser } from "../../store/users.ts";
import { mayTake } from "../bindings/take.ts";
import { accessEvent } from "../shared/giving.ts";
import { ownersAfter } from "../shared/owners.ts";
import { relinking } from "../users/relink.ts";
import { userState } from "../users/write.ts";
import { readMember } from "./read.ts";
import { memberExample, memberJson, memberParams, memberSchema, patchMemberSchema } from "./schema.ts";

export const patchMember = defineRoute({
  method: "patch",
  path: "/api/v1/tenants/{tenant}/members/{user}",
  operationId: "patchMember",
  tag: "members",
  summary: "Change, disable, enable or relink a user of the tenant's own providers",
  description:
    "`state: disabled` refuses his next request and ends his logins; `state: active` gives back what he had, not the logins. `relinkTo` is for whoever moves to another provider: docs/oidc.md. Who changes it must hold what he has. On the platform's users the platform decides.",
  action: "member:update",
  params: memberParams,
  body: { schema: patchMemberSchema, example: { state: "disabled" }, mediaTypes: MERGE_PATCH_TYPES },
  answers: {
    200: {
      description: "The member as he is now.",
      schema: memberSchema,
      example: { ...memberExample, state: "disabled" },
    },
  },
  errors: ["KN-1130", "KN-1131", "KN-1305"],
  async handler(call) {
    const db = directory(call.env);
    const { tenantId, member: before } = await readMember(call);
    if (!before.isOwn) {
      throw new KubeNovaError(
        "KN-1305",
        "He is a user of the platform, which alone changes him. He can be removed from the tenant.",
      );
    }
    const { displayName = before.displayName, state = before.state } = call.body;
    const { relinkTo, guards: relinkGuards } = await relinking(call, before, call.params.tenant);
    const after = { ...before, displayName, state, relinkTo, version: before.version + 1 };
    const answer = { status: 200, body: memberJson(after) };
    const isSame =
      displayName === before.displayName && state === before.state && relinkTo === before.relinkTo;
    if (isSame) return call.commit({ db, statements: [], events: [], answer });
    const guards = state === before.state ? [] : await afterSwitch(call, tenantId, after);
    const verb = state === before.state ? "changed" : state === "active" ? "enabled" : "disabled";
    return call.commit({
      db,
      statements: [
        ...updateUser(db, before, { displayName, state, relinkTo }, call.now),
        ...guards,
        ...relinkGuards,
      ],
      events: [
        accessEvent(tenantId, `user/${before.id}`, `user-${verb}`, {
          before: userState(before),
          after: userState(after),
        }),
      ],
      answer,
    });
  },
});

/**
 * What follows, in the batch, on switching somebody off or on, once whoever does it holds all that he has.
 * @throws KubeNovaError KN-1130; KN-1131 where the last owner is switched off
 */
async function afterSwitch(
  call: Call,
  tenantId: string,
  { id, state }: Member,
): Promise<D1PreparedStatement[]> {
  const db = directory(call.env);
  const subject = `user/${id}`;
  const [rows] = await call.look(db, [bindingsHeld(db, tenantId, subject)]);
  const held = heldBindings(rows?.results ?? []);
  for (const binding of held) mayTake(call, binding);
  const isOwner = held.some((binding) => binding.subject === subject && isOwnership(binding));
  const owners = isOwner && state === "disabled" ? await ownersAfter(call, tenantId, subject) : [];
  return [heldStands(db, tenantId, subject, held), ...owners];
}
