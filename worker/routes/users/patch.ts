import { defineRoute } from "../../routing/define.ts";
import { MERGE_PATCH_TYPES } from "../../routing/requests.ts";
import { directory } from "../../store/database.ts";
import { type NamedUser, updateUser } from "../../store/users.ts";
import { accessEvent } from "../shared/giving.ts";
import { relinking } from "./relink.ts";
import { patchUserSchema, userExample, userParams, userSchema } from "./schema.ts";
import { readUser, userAnswer, userState } from "./write.ts";

export const patchUser = defineRoute({
  method: "patch",
  path: "/api/v1/users/{user}",
  operationId: "patchUser",
  tag: "users",
  summary: "Change, disable, enable or relink a user",
  description:
    "`state: disabled` refuses his next request, whatever he has, and ends his logins; `state: active` gives back what he had, not the logins. `relinkTo` is for whoever moves to another provider: docs/oidc.md.",
  action: "user:update",
  params: userParams,
  body: { schema: patchUserSchema, example: { state: "disabled" }, mediaTypes: MERGE_PATCH_TYPES },
  conditional: ["If-Match"],
  answers: {
    200: {
      description: "The user as he is now.",
      schema: userSchema,
      example: { ...userExample, state: "disabled", version: 2 },
      headers: ["ETag"],
    },
  },
  errors: ["KN-1130"],
  async handler(call) {
    const db = directory(call.env);
    const before = await readUser(call);
    call.checkPrecondition(before);
    const { displayName = before.displayName, state = before.state } = call.body;
    const { relinkTo, guards } = await relinking(call, before, before.tenantName);
    if (displayName === before.displayName && state === before.state && relinkTo === before.relinkTo) {
      return call.commit({ db, statements: [], events: [], answer: userAnswer(200, before) });
    }
    const after: NamedUser = {
      ...before,
      displayName,
      state,
      relinkTo,
      version: before.version + 1,
      updatedAt: call.now,
    };
    const kind =
      state === before.state ? "user-changed" : `user-${state === "active" ? "enabled" : "disabled"}`;
    return call.commit({
      db,
      statements: [...updateUser(db, before, { displayName, state, relinkTo }, call.now), ...guards],
      events: [
        accessEvent(before.tenantId, `user/${before.id}`, kind, {
          before: userState(before),
          after: userState(after),
        }),
      ],
      answer: userAnswer(200, after),
    });
  },
});
