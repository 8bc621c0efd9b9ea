import { defineRoute } from "../../routing/define.ts";
import { directory } from "../../store/database.ts";
import { deleteServiceAccount as deleteRow } from "../../store/service-accounts.ts";
import { mayTake } from "../bindings/take.ts";
import { accessEvent } from "../shared/giving.ts";
import { ACCOUNT_HOMES } from "./homes.ts";
import { accountState, heldByAccount, readAccount } from "./read.ts";

export const deleteServiceAccount = ACCOUNT_HOMES.map((home) =>
  defineRoute({
    method: "delete",
    path: `${home.path}/{account}`,
    operationId: `delete${home.infix}ServiceAccount`,
    tag: "service-accounts",
    summary: `Delete a service account of ${home.of}`,
    description: "With its bindings, its places in teams and its keys. Who deletes it must hold what it has.",
    action: home.action("delete"),
    params: home.itemParams,
    conditional: ["If-Match"],
    answers: { 204: { description: "It is gone, from the next request on." } },
    errors: ["KN-1130"],
    async handler(call) {
      const db = directory(call.env);
      const { tenantId, account } = await readAccount(call);
      call.checkPrecondition(account);
      const held = await heldByAccount(call, account);
      for (const binding of held) mayTake(call, binding);
      return call.commit({
        db,
        statements: deleteRow(db, account, held.length),
        events: [
          accessEvent(tenantId, `service-account/${account.id}`, "service-account-deleted", {
            before: accountState(account),
          }),
        ],
        answer: { status: 204 },
      });
    },
  }),
);
