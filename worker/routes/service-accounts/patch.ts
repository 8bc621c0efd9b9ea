import { defineRoute } from "../../routing/define.ts";
import { MERGE_PATCH_TYPES } from "../../routing/requests.ts";
import { directory } from "../../store/database.ts";
import { type ServiceAccount, updateServiceAccount } from "../../store/service-accounts.ts";
import { mayTake } from "../bindings/take.ts";
import { accessEvent } from "../shared/giving.ts";
import { ACCOUNT_HOMES } from "./homes.ts";
import { accountAnswer, accountState, heldByAccount, readAccount } from "./read.ts";
import { patchServiceAccountSchema, serviceAccountExample, serviceAccountSchema } from "./schema.ts";

export const patchServiceAccount = ACCOUNT_HOMES.map((home) =>
  defineRoute({
    method: "patch",
    path: `${home.path}/{account}`,
    operationId: `patch${home.infix}ServiceAccount`,
    tag: "service-accounts",
    summary: `Change, disable or enable a service account of ${home.of}`,
    description:
      "`state: disabled` refuses the next request of each of its keys. Who changes it must hold what it has.",
    action: home.action("update"),
    params: home.itemParams,
    body: {
      schema: patchServiceAccountSchema,
      example: { state: "disabled" },
      mediaTypes: MERGE_PATCH_TYPES,
    },
    conditional: ["If-Match"],
    answers: {
      200: {
        description: "The service account as it is now.",
        schema: serviceAccountSchema,
        example: { ...serviceAccountExample, state: "disabled", version: 2 },
        headers: ["ETag"],
      },
    },
    errors: ["KN-1130"],
    async handler(call) {
      const db = directory(call.env);
      const { tenantId, account: before } = await readAccount(call);
      call.checkPrecondition(before);
      const { displayName = before.displayName, state = before.state } = call.body;
      if (displayName === before.displayName && state === before.state) {
        return call.commit({ db, statements: [], events: [], answer: accountAnswer(200, before) });
      }
      if (state !== before.state)
        for (const binding of await heldByAccount(call, before)) mayTake(call, binding);
      const changes = { displayName, state, updatedAt: call.now };
      const after: ServiceAccount = { ...before, ...changes, version: before.version + 1 };
      const verb = state === before.state ? "changed" : state === "active" ? "enabled" : "disabled";
      return call.commit({
        db,
        statements: updateServiceAccount(db, before, changes),
        events: [
          accessEvent(tenantId, `service-account/${before.id}`, `service-account-${verb}`, {
            before: accountState(before),
            after: accountState(after),
          }),
        ],
        answer: accountAnswer(200, after),
      });
    },
  }),
);
