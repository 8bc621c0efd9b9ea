import { defineRoute } from "../../routing/define.ts";
import { KEY_HOMES } from "./homes.ts";
import { makeKey } from "./make.ts";
import { pathOf } from "./read.ts";
import { newKeyExample, newKeySchema } from "./schema.ts";

export const createKey = KEY_HOMES.map((home) =>
  defineRoute({
    method: "post",
    path: home.path,
    operationId: `create${home.infix}Key`,
    tag: "api-keys",
    summary: `Make an API key of ${home.of}`,
    description:
      "Shown in this answer alone. It can never do more than its owner, nor than who makes it; one that is made by a key ends with that key at the latest.",
    action: home.action("create"),
    params: home.params,
    body: {
      schema: home.body,
      example: { name: "ci", permissions: ["app:get", "app:update"], expiresInDays: 90 },
    },
    answers: {
      201: { description: "The key.", schema: newKeySchema, example: newKeyExample, headers: ["Location"] },
    },
    errors: ["KN-1130", "KN-1133", "KN-1135", "KN-1304"],
    async handler(call) {
      return makeKey(call, await home.open(call), call.body, pathOf(home, call));
    },
  }),
);
