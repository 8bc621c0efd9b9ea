import { defineRoute } from "../../routing/define.ts";
import { ACCOUNT_HOMES } from "./homes.ts";
import { accountAnswer, readAccount } from "./read.ts";
import { serviceAccountExample, serviceAccountSchema } from "./schema.ts";

export const getServiceAccount = ACCOUNT_HOMES.map((home) =>
  defineRoute({
    method: "get",
    path: `${home.path}/{account}`,
    operationId: `get${home.infix}ServiceAccount`,
    tag: "service-accounts",
    summary: `Get a service account of ${home.of}`,
    action: home.action("get"),
    params: home.itemParams,
    conditional: ["If-None-Match"],
    answers: {
      200: {
        description: "The service account.",
        schema: serviceAccountSchema,
        example: serviceAccountExample,
        headers: ["ETag"],
      },
    },
    async handler(call) {
      return accountAnswer(200, (await readAccount(call)).account);
    },
  }),
);
